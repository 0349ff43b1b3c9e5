# What a person is called for that only Google sees: what comes before Reeldrop's own figures and lies below
# them. Each alert has a page of the same name in docs/operations/alerts; the others are in
# knative/monitoring/base/rules.yaml.

locals {
  subscription = "resource.type = \"pubsub_subscription\" AND resource.labels.subscription_id ="
  catalog      = "resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"${var.project_id}:${var.database_instance}\""

  policies = {
    UploadsWaiting = {
      severity = "CRITICAL"
      summary  = "An upload has waited for five minutes and more for bucket-source to take it."
      page     = "docs/operations/alerts/uploads-waiting.md"
      metric   = "pubsub.googleapis.com/subscription/oldest_unacked_message_age"
      resource = "${local.subscription} \"${var.uploads_subscription}\""
      aligner  = "ALIGN_MAX"
      above    = 300
      lasts    = "120s"
    }
    UploadsDeadLettered = {
      severity = "WARNING"
      summary  = "Uploads that bucket-source could not take 50 times wait for a person."
      page     = "docs/operations/alerts/uploads-dead-lettered.md"
      metric   = "pubsub.googleapis.com/subscription/num_undelivered_messages"
      resource = "${local.subscription} \"${var.dead_letter_subscription}\""
      aligner  = "ALIGN_MAX"
      above    = 0
      lasts    = "0s"
    }
    CatalogDisk = {
      severity = "CRITICAL"
      summary  = "The catalog's disk has used 85 of 100 of what it may grow to."
      page     = "docs/operations/alerts/catalog-disk.md"
      metric   = "cloudsql.googleapis.com/database/disk/bytes_used"
      resource = local.catalog
      aligner  = "ALIGN_MAX"
      above    = var.database_disk_limit_gb * 1024 * 1024 * 1024 * 0.85
      lasts    = "300s"
    }
    CatalogBusy = {
      severity = "WARNING"
      summary  = "The catalog's processors have been nine tenths busy for a quarter of an hour."
      page     = "docs/operations/alerts/catalog-busy.md"
      metric   = "cloudsql.googleapis.com/database/cpu/utilization"
      resource = local.catalog
      aligner  = "ALIGN_MEAN"
      above    = 0.9
      lasts    = "900s"
    }
    CatalogConnections = {
      severity = "WARNING"
      summary  = "85 of 100 of the catalog's connections are taken."
      page     = "docs/operations/alerts/catalog-connections.md"
      metric   = "cloudsql.googleapis.com/database/postgresql/num_backends"
      resource = local.catalog
      aligner  = "ALIGN_MAX" # Told for each database: they are added up.
      above    = var.database_max_connections * 0.85
      lasts    = "300s"
    }
  }

  logged = {
    NodesMissing = {
      severity = "WARNING"
      summary  = "The cluster wants nodes that it does not get: no quota, or none to be had."
      page     = "docs/operations/alerts/nodes-missing.md"
      filter   = <<-EOT
        resource.type="k8s_cluster"
        resource.labels.cluster_name="${var.cluster_name}"
        logName="projects/${var.project_id}/logs/container.googleapis.com%2Fcluster-autoscaler-visibility"
        jsonPayload.resultInfo.results.errorMsg.messageId=~"^scale\.up\.error"
      EOT
    }
  }

  channels = [for channel in google_monitoring_notification_channel.mail : channel.id]
}

resource "google_monitoring_notification_channel" "mail" {
  for_each = toset(var.mail_addresses)

  project      = var.project_id
  display_name = "Reeldrop's alerts: ${each.value}"
  type         = "email"
  labels       = { email_address = each.value }
  user_labels  = var.labels
}

resource "google_monitoring_alert_policy" "metric" {
  for_each = local.policies

  project               = var.project_id
  display_name          = "${var.name}: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.summary

    condition_threshold {
      filter          = "${each.value.resource} AND metric.type = \"${each.value.metric}\""
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.above
      duration        = each.value.lasts

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = each.value.aligner
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  documentation {
    subject   = "${each.key}: ${each.value.summary}"
    content   = "${each.value.summary} What to do: ${each.value.page} in Reeldrop's repository."
    mime_type = "text/markdown"
  }

  alert_strategy {
    auto_close = "86400s"
  }
}

resource "google_monitoring_alert_policy" "log" {
  for_each = local.logged

  project               = var.project_id
  display_name          = "${var.name}: ${each.key}"
  combiner              = "OR"
  severity              = each.value.severity
  notification_channels = local.channels
  user_labels           = var.labels

  conditions {
    display_name = each.value.summary

    condition_matched_log {
      filter = each.value.filter
    }
  }

  documentation {
    subject   = "${each.key}: ${each.value.summary}"
    content   = "${each.value.summary} What to do: ${each.value.page} in Reeldrop's repository."
    mime_type = "text/markdown"
  }

  # The autoscaler tries again every few minutes, and says so each time.
  alert_strategy {
    auto_close = "3600s"

    notification_rate_limit {
      period = "1800s"
    }
  }
}
