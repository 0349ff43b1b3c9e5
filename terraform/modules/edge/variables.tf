variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "What the names of the load balancer's parts begin with."
  type        = string
}

variable "domain" {
  description = "Domain below which portal., media. and events. are made."
  type        = string
}

variable "dns_zone_name" {
  description = "Name of the Cloud DNS zone of the domain."
  type        = string
}

variable "create_dns_zone" {
  description = "Whether to make the zone; else it must be there."
  type        = bool
}

variable "media_bucket" {
  description = "Name of the bucket that players fetch from."
  type        = string
}

variable "gateway_endpoint_group" {
  description = "Name of the network endpoint groups of the ingress gateway, as the gateway's Service is annotated."
  type        = string
}

variable "gateway_zones" {
  description = "Zones in which Kubernetes has made these groups; none before the gateway runs."
  type        = set(string)
}

variable "gateway_health" {
  description = "How to ask the ingress gateway's pods whether they are ready."
  type        = object({ port = number, path = string, host = string })
}

variable "iap_client" {
  description = "The identity-aware proxy's own OAuth client; null for one that Google manages."
  type        = object({ id = string, secret = string })
  sensitive   = true
}

variable "portal_members" {
  description = "IAM members that may use the portal: user:, group:, domain:."
  type        = list(string)
}

variable "requests_per_minute" {
  description = "Requests that one address may send a minute."
  type        = number
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
