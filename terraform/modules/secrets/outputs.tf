output "master_key_id" {
  description = "The secret: projects/…/secrets/…"
  value       = google_secret_manager_secret.master_key.id
}

output "master_key_name" {
  description = "Its name in the project."
  value       = google_secret_manager_secret.master_key.secret_id
}
