# Everything that Reeldrop needs on Google Cloud, but for what runs in the cluster: see the README.

provider "google" {
  project = var.project_id
  region  = var.region
  # Budgets are counted against a project.
  billing_project       = var.project_id
  user_project_override = true
}

provider "google-beta" {
  project = var.project_id
  region  = var.region
}

locals {
  labels        = merge({ app = "reeldrop" }, var.labels)
  bucket_prefix = coalesce(var.bucket_prefix, "${var.project_id}-${var.name}")
  portal_url    = "https://portal.${var.domain}"
  events_url    = "https://events.${var.domain}/"
}

module "services" {
  source     = "./modules/services"
  project_id = var.project_id
}

module "network" {
  source                = "./modules/network"
  project_id            = module.services.project_id
  name                  = var.name
  region                = var.region
  nodes_cidr            = var.nodes_cidr
  pods_cidr             = var.pods_cidr
  services_cidr         = var.services_cidr
  managed_services_cidr = var.managed_services_cidr
  control_plane_cidr    = var.control_plane_cidr
  webhook_ports         = [8443, 9443] # Knative, and the brokers' operators.
  # Kourier's pods: requests from outside, and their health.
  ingress_ports = [8080, var.gateway_health.port]
}

module "keys" {
  source           = "./modules/keys"
  project_id       = module.services.project_id
  name             = var.name
  region           = var.region
  protection_level = var.key_protection_level
  rotation_days    = var.key_rotation_days
  agents           = module.services.agents
}

module "cluster" {
  source               = "./modules/cluster"
  project_id           = module.services.project_id
  name                 = var.name
  region               = var.region
  network_id           = module.network.network_id
  subnetwork_id        = module.network.subnetwork_id
  pods_range_name      = module.network.pods_range_name
  services_range_name  = module.network.services_range_name
  control_plane_cidr   = var.control_plane_cidr
  node_tag             = module.network.node_tag
  secrets_key_id       = module.keys.key_ids["cluster"]
  release_channel      = var.release_channel
  maintenance_window   = var.maintenance_window
  require_attestations = var.require_attestations
  deletion_protection  = var.deletion_protection
  pools                = merge(var.pools, var.gpu_pools)
  labels               = local.labels
}

module "buckets" {
  source                  = "./modules/buckets"
  project_id              = module.services.project_id
  prefix                  = local.bucket_prefix
  location                = var.region
  key_id                  = module.keys.key_ids["storage"]
  page_origins            = [local.portal_url]
  uploads_cold_after_days = var.uploads_cold_after_days
  uploads_retention_days  = var.uploads_retention_days
  force_destroy           = !var.deletion_protection
  labels                  = local.labels
}

module "identities" {
  source        = "./modules/identities"
  project_id    = module.services.project_id
  prefix        = var.name
  namespace     = var.namespace
  workload_pool = module.cluster.workload_pool
  bucket_names  = module.buckets.names
  functions     = local.functions
}

module "events" {
  source         = "./modules/events"
  project_id     = module.services.project_id
  name           = var.name
  region         = var.region
  uploads_bucket = module.buckets.names["uploads"]
  key_id         = module.keys.key_ids["events"]
  delivery       = var.uploads_delivery
  puller         = module.identities.members["bucket-source"]
  push_endpoint  = local.events_url
  push_audience  = local.events_url # bucket-source compares it with its own setting.
  agents = {
    storage = module.services.agents["storage"]
    events  = module.services.agents["events"]
  }
  labels = local.labels
}

module "database" {
  source              = "./modules/database"
  project_id          = module.services.project_id
  name                = "${var.name}-catalog"
  region              = var.region
  network_id          = module.network.peered_network_id
  key_id              = module.keys.key_ids["database"]
  tier                = var.database.tier
  high_availability   = var.database.high_availability
  disk_size_gb        = var.database.disk_size_gb
  disk_limit_gb       = var.database.disk_limit_gb
  max_connections     = var.database.max_connections
  backup_location     = coalesce(var.database.backup_location, var.region)
  retained_backups    = var.database.retained_backups
  deletion_protection = var.deletion_protection
  users               = module.identities.database_users
  labels              = local.labels
}

module "secrets" {
  source              = "./modules/secrets"
  project_id          = module.services.project_id
  name                = var.name
  region              = var.region
  key_id              = module.keys.key_ids["content-keys"]
  readers             = module.identities.master_key_readers
  deletion_protection = var.deletion_protection
  labels              = local.labels
}

module "registry" {
  source                  = "./modules/registry"
  project_id              = module.services.project_id
  name                    = var.name
  region                  = var.region
  key_id                  = module.keys.key_ids["registry"]
  readers                 = { nodes = module.cluster.node_member }
  keep_versions           = 10
  attestor_key_version_id = module.keys.attestor_key_version_id
  attestor_public_key     = module.keys.attestor_public_key
  trusted_images          = var.trusted_images
  labels                  = local.labels
}

module "build" {
  source               = "./modules/build"
  project_id           = module.services.project_id
  name                 = var.name
  region               = var.region
  bucket_name          = "${local.bucket_prefix}-build"
  source_repository    = var.source_repository
  require_approval     = var.require_build_approval
  broker               = var.broker
  uploads_source       = var.uploads_delivery == "pull" ? "pubsub-pull" : ""
  overlay              = length(var.gpu_pools) > 0 ? "gke-gpu" : "gke"
  cluster_name         = module.cluster.name
  repository           = module.registry.repository
  repository_name      = module.registry.repository_name
  signatures           = module.registry.signatures
  signatures_name      = module.registry.signatures_name
  uploads_bucket       = module.buckets.names["uploads"]
  attestor_name        = module.registry.attestor_name
  note_name            = module.registry.note_name
  attestor_key_id      = module.keys.attestor_key_id
  attestor_key_version = module.keys.attestor_key_version
  labels               = local.labels
}

module "edge" {
  source                 = "./modules/edge"
  project_id             = module.services.project_id
  name                   = var.name
  domain                 = var.domain
  dns_zone_name          = var.dns_zone_name
  create_dns_zone        = var.create_dns_zone
  media_bucket           = module.buckets.names["media"]
  gateway_endpoint_group = var.gateway_endpoint_group
  gateway_zones          = var.gateway_zones
  gateway_health         = var.gateway_health
  iap_client             = var.iap_client
  portal_members         = var.portal_members
  requests_per_minute    = var.requests_per_minute
  labels                 = local.labels
}

module "alerts" {
  source                   = "./modules/alerts"
  project_id               = module.services.project_id
  name                     = var.name
  uploads_subscription     = module.events.subscription
  dead_letter_subscription = module.events.dead_letter_subscription
  database_instance        = module.database.instance_name
  database_disk_limit_gb   = var.database.disk_limit_gb
  database_max_connections = var.database.max_connections
  cluster_name             = module.cluster.name
  mail_addresses           = var.alert_mail_addresses
  labels                   = local.labels
}

module "budget" {
  source          = "./modules/budget"
  count           = var.budget == null ? 0 : 1
  project_id      = module.services.project_id
  project_number  = module.services.project_number
  name            = var.name
  billing_account = var.budget.billing_account
  monthly_amount  = var.budget.monthly_amount
  currency        = var.budget.currency
  mail_addresses  = var.budget.mail_addresses
}
