output "names" {
  description = "Names of the alerts, each of which has a page in docs/operations/alerts."
  value       = concat(keys(google_monitoring_alert_policy.metric), keys(google_monitoring_alert_policy.log))
}
