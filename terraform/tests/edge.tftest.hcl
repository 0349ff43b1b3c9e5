# What the world reaches, and who must say who he is.

mock_provider "google" {}

variables {
  project_id             = "reeldrop-test"
  name                   = "reeldrop"
  domain                 = "video.example.com"
  dns_zone_name          = "video-example-com"
  create_dns_zone        = false
  media_bucket           = "reeldrop-test-media"
  gateway_endpoint_group = "reeldrop-gateway"
  gateway_zones          = []
  gateway_health         = { port = 8081, path = "/ready", host = "internalkourier" }
  iap_client             = null
  portal_members         = ["group:video@example.com", "user:you@example.com"]
  requests_per_minute    = 600
  labels                 = {}
}

run "first_apply" {
  command = plan
  module {
    source = "./modules/edge"
  }

  assert {
    condition     = google_compute_backend_service.this["portal"].iap[0].enabled && !google_compute_backend_service.this["events"].iap[0].enabled
    error_message = "The proxy asks people; Pub/Sub's token is for bucket-source."
  }

  assert {
    condition     = toset([for grant in google_iap_web_backend_service_iam_member.portal : grant.member]) == toset(var.portal_members)
    error_message = "Those who are named, and nobody else, may use the portal."
  }

  assert {
    condition     = google_compute_backend_bucket.media.enable_cdn && google_compute_backend_bucket.media.cdn_policy[0].cache_mode == "USE_ORIGIN_HEADERS"
    error_message = "Each object says itself how long the CDN may keep it."
  }

  assert {
    condition     = google_storage_bucket_iam_member.public.role == "roles/storage.legacyObjectReader"
    error_message = "Whoever fetches media must know an object's name: nobody lists them."
  }

  assert {
    condition     = alltrue([for service in google_compute_backend_service.this : length(service.backend) == 0])
    error_message = "Before the gateway runs there is nothing behind."
  }
}

run "second_apply" {
  command = plan
  module {
    source = "./modules/edge"
  }
  variables {
    gateway_zones = ["europe-west4-a", "europe-west4-b"]
  }

  assert {
    condition     = toset([for group in data.google_compute_network_endpoint_group.gateway : "${group.zone}/${group.name}"]) == toset(["europe-west4-a/reeldrop-gateway", "europe-west4-b/reeldrop-gateway"])
    error_message = "The gateway's pods of each zone are behind."
  }
}
