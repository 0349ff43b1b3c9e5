output "network_id" {
  description = "The network."
  value       = google_compute_network.this.id
}

output "peered_network_id" {
  description = "The network, once managed services can have addresses in it."
  value       = google_service_networking_connection.this.network
}

output "subnetwork_id" {
  description = "The subnetwork of nodes."
  value       = google_compute_subnetwork.nodes.id
}

output "pods_range_name" {
  description = "Name of the secondary range of pods."
  value       = google_compute_subnetwork.nodes.secondary_ip_range[0].range_name
}

output "services_range_name" {
  description = "Name of the secondary range of Services."
  value       = google_compute_subnetwork.nodes.secondary_ip_range[1].range_name
}

output "node_tag" {
  description = "Network tag that nodes carry, so that the load balancer reaches their pods."
  value       = local.node_tag
}
