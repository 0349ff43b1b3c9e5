# Who is called, and for what.

mock_provider "google" {}

variables {
  project_id               = "reeldrop-test"
  name                     = "reeldrop"
  uploads_subscription     = "reeldrop-bucket-source"
  dead_letter_subscription = "reeldrop-uploads-dead-letters"
  database_instance        = "reeldrop-catalog"
  database_disk_limit_gb   = 500
  database_max_connections = 2500
  cluster_name             = "reeldrop"
  mail_addresses           = ["one@example.com", "two@example.com"]
  labels                   = {}
}

run "alerts" {
  command = apply # Channels have names once they exist.
  module {
    source = "./modules/alerts"
  }

  assert {
    condition     = alltrue([for policy in concat(values(google_monitoring_alert_policy.metric), values(google_monitoring_alert_policy.log)) : length(policy.notification_channels) == 2])
    error_message = "Everybody is told of everything."
  }

  assert {
    condition     = google_monitoring_alert_policy.metric["CatalogDisk"].conditions[0].condition_threshold[0].threshold_value == 456340275200
    error_message = "425 GiB of 500."
  }

  assert {
    condition     = google_monitoring_alert_policy.metric["CatalogConnections"].conditions[0].condition_threshold[0].threshold_value == 2125
    error_message = "2125 connections of 2500."
  }

  assert {
    condition = alltrue([
      for subscription, alert in { reeldrop-bucket-source = "UploadsWaiting", reeldrop-uploads-dead-letters = "UploadsDeadLettered" } :
      strcontains(google_monitoring_alert_policy.metric[alert].conditions[0].condition_threshold[0].filter, "\"${subscription}\"")
    ])
    error_message = "Each alert looks at its own subscription."
  }

  assert {
    condition     = strcontains(google_monitoring_alert_policy.log["NodesMissing"].conditions[0].condition_matched_log[0].filter, "projects/reeldrop-test/logs/container.googleapis.com%2Fcluster-autoscaler-visibility")
    error_message = "The autoscaler's own log says why there is no node."
  }
}

run "a_disk_without_a_limit_is_never_full" {
  command = plan
  module {
    source = "./modules/alerts"
  }
  variables {
    database_disk_limit_gb = 0
  }
  expect_failures = [var.database_disk_limit_gb]
}
