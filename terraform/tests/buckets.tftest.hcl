# The life of objects, and who may see them.

mock_provider "google" {}

variables {
  project_id              = "reeldrop-test"
  prefix                  = "reeldrop-test"
  location                = "europe-west4"
  key_id                  = "projects/p/locations/l/keyRings/r/cryptoKeys/storage"
  page_origins            = ["https://portal.example.com"]
  uploads_cold_after_days = 30
  uploads_retention_days  = 0
  force_destroy           = false
  labels                  = {}
}

run "buckets" {
  command = plan
  module {
    source = "./modules/buckets"
  }

  assert {
    condition = anytrue([
      for rule in google_storage_bucket.this["work"].lifecycle_rule :
      one(rule.action).type == "Delete" && one(rule.condition).age == 1
    ])
    error_message = "Clear parts are deleted after a day."
  }

  assert {
    condition = alltrue([
      for name in ["uploads", "media"] : alltrue([
        for rule in google_storage_bucket.this[name].lifecycle_rule : one(rule.action).type != "Delete"
      ])
    ])
    error_message = "Uploads and what is published are never deleted by life cycle."
  }

  assert {
    condition     = google_storage_bucket.this["work"].soft_delete_policy[0].retention_duration_seconds == 0
    error_message = "Clear parts are gone when they are deleted."
  }

  assert {
    condition     = google_storage_bucket.this["work"].public_access_prevention == "enforced" && google_storage_bucket.this["uploads"].public_access_prevention == "enforced"
    error_message = "Uploads and clear parts can never be made public."
  }

  assert {
    condition     = google_storage_bucket.this["uploads"].cors[0].origin == tolist(["https://portal.example.com"]) && contains(google_storage_bucket.this["uploads"].cors[0].response_header, "ETag")
    error_message = "The page may put parts of uploads, and sees their ETags."
  }

  assert {
    condition     = length(google_storage_bucket.this["uploads"].retention_policy) == 0
    error_message = "Without retention the portal can delete an upload."
  }
}

run "uploads_are_kept" {
  command = plan
  module {
    source = "./modules/buckets"
  }
  variables {
    uploads_retention_days = 7
  }

  assert {
    condition     = google_storage_bucket.this["uploads"].retention_policy[0].retention_period == 604800 && length(google_storage_bucket.this["media"].retention_policy) == 0
    error_message = "Uploads, and only they, are kept for a week."
  }
}
