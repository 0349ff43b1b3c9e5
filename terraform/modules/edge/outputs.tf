output "address" {
  description = "Public address of the load balancer."
  value       = google_compute_global_address.this.address
}

output "hosts" {
  description = "Host names of the portal, the media and the events."
  value       = local.hosts
}

output "name_servers" {
  description = "Name servers that the domain above must name; none where the zone was there."
  value       = flatten(google_dns_managed_zone.this[*].name_servers)
}
