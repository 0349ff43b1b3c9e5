output "cluster_name" {
  description = "Name of the cluster: gcloud container clusters get-credentials NAME --dns-endpoint."
  value       = module.cluster.name
}

output "settings" {
  description = "What the overlay's settings.env must say: terraform output -json settings."
  value = {
    project                = var.project_id
    uploads-bucket         = "gs://${module.buckets.names["uploads"]}"
    work-bucket            = "gs://${module.buckets.names["work"]}"
    media-bucket           = "gs://${module.buckets.names["media"]}"
    portal-host            = module.edge.hosts["portal"]
    portal-url             = "https://${module.edge.hosts["portal"]}"
    media-url              = "https://${module.edge.hosts["media"]}"
    events-host            = module.edge.hosts["events"]
    push-audience          = local.events_url
    push-account           = module.events.push_email
    pull-subscription      = "projects/${var.project_id}/subscriptions/${module.events.subscription}"
    service-account-domain = "${var.project_id}.iam.gserviceaccount.com"
    cloud-sql-instance     = module.database.connection_name
  }
}

output "service_accounts" {
  description = "What each Kubernetes ServiceAccount's annotation iam.gke.io/gcp-service-account must say."
  value       = module.identities.emails
}

output "database_connection_name" {
  description = "What the Auth Proxy beside catalog-write, encrypt-package and portal connects to."
  value       = module.database.connection_name
}

output "database_urls" {
  description = "REELDROP_DATABASE_URL of each function that uses the catalog. They hold no password."
  value       = module.database.urls
}

output "master_key_secret" {
  description = "The secret that a person puts the master key into."
  value       = module.secrets.master_key_name
}

output "image_repository" {
  description = "What images' names begin with."
  value       = module.registry.repository
}

output "hosts" {
  description = "Host names of the portal, the media and the events."
  value       = module.edge.hosts
}

output "address" {
  description = "Public address of the load balancer, for a zone that is kept elsewhere."
  value       = module.edge.address
}

output "name_servers" {
  description = "Name servers that the domain above must name, where the zone was made here."
  value       = module.edge.name_servers
}

output "uploads_subscription" {
  description = "Subscription that brings uploads to bucket-source."
  value       = module.events.subscription
}

output "dead_letter_subscription" {
  description = "Subscription that keeps uploads' events that could not be delivered."
  value       = module.events.dead_letter_subscription
}

output "build_bucket" {
  description = "Bucket of the build: cache, inventories of images, what was deployed last."
  value       = module.build.bucket_name
}
