# Names and certificates. A certificate is given once its name's authorization record is seen, which
# does not need the name to point here yet.

resource "google_dns_managed_zone" "this" {
  count = var.create_dns_zone ? 1 : 0

  project     = var.project_id
  name        = var.dns_zone_name
  dns_name    = "${var.domain}."
  description = "Reeldrop. The domain above must name these name servers."
  labels      = var.labels

  dnssec_config {
    state = "on"
  }
}

data "google_dns_managed_zone" "this" {
  count = var.create_dns_zone ? 0 : 1

  project = var.project_id
  name    = var.dns_zone_name
}

locals {
  zone = one(concat(google_dns_managed_zone.this[*].name, data.google_dns_managed_zone.this[*].name))
}

resource "google_dns_record_set" "host" {
  for_each = local.hosts

  project      = var.project_id
  managed_zone = local.zone
  name         = "${each.value}."
  type         = "A"
  ttl          = 300
  rrdatas      = [google_compute_global_address.this.address]
}

resource "google_certificate_manager_dns_authorization" "this" {
  for_each = local.hosts

  project = var.project_id
  name    = "${var.name}-${each.key}"
  domain  = each.value
}

resource "google_dns_record_set" "authorization" {
  for_each = google_certificate_manager_dns_authorization.this

  project      = var.project_id
  managed_zone = local.zone
  name         = each.value.dns_resource_record[0].name
  type         = each.value.dns_resource_record[0].type
  ttl          = 300
  rrdatas      = [each.value.dns_resource_record[0].data]
}

resource "google_certificate_manager_certificate" "this" {
  for_each = local.hosts

  project = var.project_id
  name    = "${var.name}-${each.key}"
  labels  = var.labels

  managed {
    domains            = [each.value]
    dns_authorizations = [google_certificate_manager_dns_authorization.this[each.key].id]
  }
}

resource "google_certificate_manager_certificate_map" "this" {
  project = var.project_id
  name    = var.name
  labels  = var.labels
}

resource "google_certificate_manager_certificate_map_entry" "this" {
  for_each = local.hosts

  project      = var.project_id
  name         = "${var.name}-${each.key}"
  map          = google_certificate_manager_certificate_map.this.name
  hostname     = each.value
  certificates = [google_certificate_manager_certificate.this[each.key].id]
}
