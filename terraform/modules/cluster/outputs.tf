output "name" {
  description = "Name of the cluster."
  value       = google_container_cluster.this.name
}

output "id" {
  description = "The cluster, as IAM conditions and the build name it."
  value       = google_container_cluster.this.id
}

output "workload_pool" {
  description = "Pool of the identities of its pods, once it exists."
  value       = google_container_cluster.this.workload_identity_config[0].workload_pool
}

output "node_member" {
  description = "IAM member of nodes."
  value       = google_service_account.nodes.member
}

output "node_email" {
  description = "Service account of nodes."
  value       = google_service_account.nodes.email
}
