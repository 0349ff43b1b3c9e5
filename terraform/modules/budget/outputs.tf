output "channel_ids" {
  description = "Notification channels, which alert policies can use, too."
  value       = [for channel in google_monitoring_notification_channel.mail : channel.id]
}
