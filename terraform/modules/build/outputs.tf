output "bucket_name" {
  description = "Name of the build's bucket."
  value       = google_storage_bucket.this.name
}

output "email" {
  description = "Service account of the build."
  value       = google_service_account.this.email
}
