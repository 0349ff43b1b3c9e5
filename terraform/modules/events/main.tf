# Uploads become events: the bucket tells a topic, and a subscription pushes to bucket-source, or
# bucket-source pulls.

resource "google_pubsub_topic" "uploads" {
  project                    = var.project_id
  name                       = "${var.name}-uploads"
  kms_key_name               = var.key_id
  message_retention_duration = "604800s" # A week, to be played again after an outage: `gcloud pubsub subscriptions seek`.
  labels                     = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_topic_iam_member" "bucket" {
  project = var.project_id
  topic   = google_pubsub_topic.uploads.name
  role    = "roles/pubsub.publisher"
  member  = var.agents.storage
}

resource "google_storage_notification" "uploads" {
  bucket         = var.uploads_bucket
  topic          = google_pubsub_topic.uploads.id
  payload_format = "JSON_API_V1"
  event_types    = ["OBJECT_FINALIZE"]

  depends_on = [google_pubsub_topic_iam_member.bucket]
}

# Who the push request says that it is: bucket-source believes nobody else. It may do nothing.
resource "google_service_account" "push" {
  project      = var.project_id
  account_id   = "${var.name}-push"
  display_name = "Reeldrop: push of uploads' events"
}

resource "google_service_account_iam_member" "push_token" {
  service_account_id = google_service_account.push.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = var.agents.events
}

resource "google_pubsub_subscription" "bucket_source" {
  project                    = var.project_id
  name                       = "${var.name}-bucket-source"
  topic                      = google_pubsub_topic.uploads.id
  ack_deadline_seconds       = 60 # bucket-source's timeoutSeconds
  message_retention_duration = "604800s"
  labels                     = var.labels

  # From one to the other nothing is lost: the subscription stays, with what waits in it.
  dynamic "push_config" {
    for_each = var.delivery == "push" ? ["bucket-source"] : []

    content {
      push_endpoint = var.push_endpoint

      oidc_token {
        service_account_email = google_service_account.push.email
        audience              = var.push_audience
      }
    }
  }

  retry_policy {
    minimum_backoff = "1s"
    maximum_backoff = "300s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead_letters.id
    max_delivery_attempts = 50
  }

  # Never: an idle service is not an abandoned one.
  expiration_policy {
    ttl = ""
  }

  depends_on = [google_service_account_iam_member.push_token]
}

# Of this subscription, and of nothing else: to take messages, and to say that they need not come again.
resource "google_pubsub_subscription_iam_member" "puller" {
  count = var.delivery == "pull" ? 1 : 0

  project      = var.project_id
  subscription = google_pubsub_subscription.bucket_source.name
  role         = "roles/pubsub.subscriber"
  member       = var.puller
}

# What was delivered 50 times in vain, kept for a person: see docs/operations.
resource "google_pubsub_topic" "dead_letters" {
  project      = var.project_id
  name         = "${var.name}-uploads-dead-letters"
  kms_key_name = var.key_id
  labels       = var.labels

  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
}

resource "google_pubsub_subscription" "dead_letters" {
  project                    = var.project_id
  name                       = "${var.name}-uploads-dead-letters"
  topic                      = google_pubsub_topic.dead_letters.id
  message_retention_duration = "2678400s" # 31 days, the longest
  labels                     = var.labels

  expiration_policy {
    ttl = ""
  }
}

# Dead letters are moved by Pub/Sub's own agent.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project_id
  topic   = google_pubsub_topic.dead_letters.name
  role    = "roles/pubsub.publisher"
  member  = var.agents.events
}

resource "google_pubsub_subscription_iam_member" "dead_letters" {
  project      = var.project_id
  subscription = google_pubsub_subscription.bucket_source.name
  role         = "roles/pubsub.subscriber"
  member       = var.agents.events
}
