# What each function's code needs, and nothing more. One entry a folder in functions/, and the
# collector of traces.

locals {
  functions = {
    # Reads the upload's picture, writes what is seen.
    analyze = { uploads = "read", work = "write", media = "write" }
    # Turns notifications into events: opens no bucket.
    bucket-source = {}
    # The only writer of the catalog; knows no content key.
    catalog-write = { database = true }
    # Sends the spans that functions hand to it to Cloud Trace.
    collector = { exports_traces = true }
    # Reads the caller's key in the upload's metadata, unwraps and wraps keys in the catalog.
    encrypt-package = {
      uploads    = "read"
      work       = "write"
      media      = "write"
      database   = true
      master_key = true
    }
    # Signs uploads for the page, deletes what a title has, serves licences.
    portal = {
      uploads    = "write"
      work       = "write"
      media      = "write"
      database   = true
      master_key = true
      signs_urls = true
    }
    probe = { uploads = "read" }
    # Reads clear parts, and never the upload.
    thumbnail = { work = "write", media = "write" }
    transcode = { uploads = "read", work = "write" }
    # Reads the upload's sound, writes captions.
    transcribe = { uploads = "read", work = "write", media = "write" }
  }
}
