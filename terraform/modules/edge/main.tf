# What the world reaches: one load balancer with three host names.
#   portal.DOMAIN  the page and the interface, behind the identity-aware proxy
#   media.DOMAIN   what players fetch, from the media bucket through the CDN
#   events.DOMAIN  Pub/Sub's pushes to bucket-source, which verifies the token of each

locals {
  hosts = {
    portal = "portal.${var.domain}"
    media  = "media.${var.domain}"
    events = "events.${var.domain}"
  }

  # Both go to the cluster's ingress gateway, which tells them apart by host name.
  timeouts_seconds = {
    portal = 3600 # The page listens to news for long.
    events = 60
  }
}

resource "google_compute_global_address" "this" {
  project = var.project_id
  name    = var.name
}

resource "google_compute_health_check" "gateway" {
  project             = var.project_id
  name                = "${var.name}-gateway"
  check_interval_sec  = 10
  timeout_sec         = 5
  healthy_threshold   = 1
  unhealthy_threshold = 3

  # As Kourier's own readiness probe asks.
  http_health_check {
    port         = var.gateway_health.port
    request_path = var.gateway_health.path
    host         = var.gateway_health.host
  }
}

# Backends appear when Kubernetes has made the endpoint groups: see the README, second apply.
data "google_compute_network_endpoint_group" "gateway" {
  for_each = var.gateway_zones

  project = var.project_id
  name    = var.gateway_endpoint_group
  zone    = each.value
}

resource "google_compute_backend_service" "this" {
  for_each = local.timeouts_seconds

  project                         = var.project_id
  name                            = "${var.name}-${each.key}"
  load_balancing_scheme           = "EXTERNAL_MANAGED"
  protocol                        = "HTTP"
  timeout_sec                     = each.value
  connection_draining_timeout_sec = 60
  health_checks                   = [google_compute_health_check.gateway.id]
  security_policy                 = google_compute_security_policy.this.id

  # Whose address it is, the proxies behind this one no longer tell.
  custom_request_headers = ["X-Client-Address: {client_ip_address}"]

  dynamic "backend" {
    for_each = data.google_compute_network_endpoint_group.gateway

    content {
      group                 = backend.value.id
      balancing_mode        = "RATE"
      max_rate_per_endpoint = 1000
    }
  }

  # Pub/Sub's token is for bucket-source: the proxy would want one for itself.
  iap {
    enabled              = each.key == "portal"
    oauth2_client_id     = each.key == "portal" ? try(var.iap_client.id, null) : null
    oauth2_client_secret = each.key == "portal" ? try(var.iap_client.secret, null) : null
  }

  log_config {
    enable      = true
    sample_rate = 0.1
  }
}

resource "google_iap_web_backend_service_iam_member" "portal" {
  for_each = toset(var.portal_members)

  project             = var.project_id
  web_backend_service = google_compute_backend_service.this["portal"].name
  role                = "roles/iap.httpsResourceAccessor"
  member              = each.value
}

resource "google_compute_security_policy" "this" {
  project     = var.project_id
  name        = var.name
  description = "Slows down whoever asks too much, before the identity-aware proxy is asked."

  rule {
    action   = "throttle"
    priority = 1000

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }

    rate_limit_options {
      conform_action = "allow"
      exceed_action  = "deny(429)"
      enforce_on_key = "IP"

      rate_limit_threshold {
        count        = var.requests_per_minute
        interval_sec = 60
      }
    }
  }

  rule {
    action   = "allow"
    priority = 2147483647

    match {
      versioned_expr = "SRC_IPS_V1"

      config {
        src_ip_ranges = ["*"]
      }
    }
  }
}

resource "google_compute_backend_bucket" "media" {
  project          = var.project_id
  name             = "${var.name}-media"
  bucket_name      = var.media_bucket
  enable_cdn       = true
  compression_mode = "AUTOMATIC" # Playlists and manifests.

  cdn_policy {
    # Each object says how long it may be kept: segments for ever, manifests for a second.
    cache_mode         = "USE_ORIGIN_HEADERS"
    request_coalescing = true
    serve_while_stale  = 0
    negative_caching   = true

    # A segment that is not there yet may be there in a second.
    negative_caching_policy {
      code = 404
      ttl  = 1
    }
  }
}

# Anybody may fetch an object whose name he knows, and nobody can list them. What is there is
# encrypted, but for pictures and captions.
resource "google_storage_bucket_iam_member" "public" {
  bucket = var.media_bucket
  role   = "roles/storage.legacyObjectReader"
  member = "allUsers"
}

resource "google_compute_url_map" "https" {
  project = var.project_id
  name    = var.name

  default_url_redirect {
    host_redirect          = local.hosts.portal
    https_redirect         = true
    strip_query            = true
    redirect_response_code = "FOUND"
  }

  dynamic "host_rule" {
    for_each = local.hosts

    content {
      hosts        = [host_rule.value]
      path_matcher = host_rule.key
    }
  }

  path_matcher {
    name            = "media"
    default_service = google_compute_backend_bucket.media.id
  }

  dynamic "path_matcher" {
    for_each = google_compute_backend_service.this

    content {
      name            = path_matcher.key
      default_service = path_matcher.value.id
    }
  }
}

resource "google_compute_ssl_policy" "this" {
  project         = var.project_id
  name            = var.name
  profile         = "MODERN"
  min_tls_version = "TLS_1_2"
}

resource "google_compute_target_https_proxy" "this" {
  project         = var.project_id
  name            = var.name
  url_map         = google_compute_url_map.https.id
  ssl_policy      = google_compute_ssl_policy.this.id
  certificate_map = "//certificatemanager.googleapis.com/${google_certificate_manager_certificate_map.this.id}"
  quic_override   = "ENABLE"
}

resource "google_compute_global_forwarding_rule" "https" {
  project               = var.project_id
  name                  = "${var.name}-https"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.this.id
  port_range            = "443"
  target                = google_compute_target_https_proxy.this.id
  labels                = var.labels
}

resource "google_compute_url_map" "http" {
  project = var.project_id
  name    = "${var.name}-http"

  default_url_redirect {
    https_redirect         = true
    strip_query            = false
    redirect_response_code = "MOVED_PERMANENTLY_DEFAULT"
  }
}

resource "google_compute_target_http_proxy" "this" {
  project = var.project_id
  name    = var.name
  url_map = google_compute_url_map.http.id
}

resource "google_compute_global_forwarding_rule" "http" {
  project               = var.project_id
  name                  = "${var.name}-http"
  load_balancing_scheme = "EXTERNAL_MANAGED"
  ip_address            = google_compute_global_address.this.id
  port_range            = "80"
  target                = google_compute_target_http_proxy.this.id
  labels                = var.labels
}
