# How uploads' events come to bucket-source.

mock_provider "google" {}

variables {
  project_id     = "reeldrop-test"
  name           = "reeldrop"
  region         = "europe-west4"
  uploads_bucket = "reeldrop-test-uploads"
  key_id         = "projects/p/locations/l/keyRings/r/cryptoKeys/events"
  delivery       = "push"
  puller         = "serviceAccount:reeldrop-bucket-source@reeldrop-test.iam.gserviceaccount.com"
  push_endpoint  = "https://events.example.com/"
  push_audience  = "https://events.example.com/"
  agents         = { storage = "serviceAccount:storage", events = "serviceAccount:events" }
  labels         = {}
}

run "pushed" {
  command = plan
  module {
    source = "./modules/events"
  }

  assert {
    condition     = google_pubsub_subscription.bucket_source.push_config[0].oidc_token[0].audience == "https://events.example.com/"
    error_message = "A push proves who it is."
  }

  assert {
    condition     = length(google_pubsub_subscription_iam_member.puller) == 0
    error_message = "Where uploads are pushed, nobody may pull."
  }
}

run "pulled" {
  command = plan
  module {
    source = "./modules/events"
  }
  variables {
    delivery = "pull"
  }

  assert {
    condition     = length(google_pubsub_subscription.bucket_source.push_config) == 0 && google_pubsub_subscription.bucket_source.name == run.pushed.subscription
    error_message = "It is the same subscription, without its push."
  }

  assert {
    condition     = google_pubsub_subscription_iam_member.puller[0].role == "roles/pubsub.subscriber" && google_pubsub_subscription_iam_member.puller[0].member == var.puller
    error_message = "bucket-source may take messages of this one subscription."
  }

  assert {
    condition     = google_pubsub_subscription.bucket_source.dead_letter_policy[0].max_delivery_attempts == 50 && google_pubsub_subscription.bucket_source.retry_policy[0].minimum_backoff == "1s"
    error_message = "What is given back comes again with growing pauses, then waits for a person."
  }
}
