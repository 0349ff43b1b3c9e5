output "push_email" {
  description = "Service account that push requests come from."
  value       = google_service_account.push.email
}

output "subscription" {
  description = "Name of the subscription that brings uploads to bucket-source."
  value       = google_pubsub_subscription.bucket_source.name
}

output "dead_letter_subscription" {
  description = "Name of the subscription that keeps what could not be delivered."
  value       = google_pubsub_subscription.dead_letters.name
}
