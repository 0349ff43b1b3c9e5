output "names" {
  description = "Names of the buckets: uploads, work, media."
  value       = { for key, bucket in google_storage_bucket.this : key => bucket.name }
}
