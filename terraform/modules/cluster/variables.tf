variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "Name of the cluster."
  type        = string
}

variable "region" {
  description = "Region of the cluster: its control plane and its nodes are in several zones."
  type        = string
}

variable "network_id" {
  description = "The network."
  type        = string
}

variable "subnetwork_id" {
  description = "The subnetwork of nodes."
  type        = string
}

variable "pods_range_name" {
  description = "Name of the secondary range of pods."
  type        = string
}

variable "services_range_name" {
  description = "Name of the secondary range of Services."
  type        = string
}

variable "control_plane_cidr" {
  description = "Addresses of the control plane: a /28 that nothing else has."
  type        = string
}

variable "node_tag" {
  description = "Network tag of nodes, for the firewall."
  type        = string
}

variable "secrets_key_id" {
  description = "Cloud KMS key under which Kubernetes Secrets are stored."
  type        = string
}

variable "release_channel" {
  description = "RAPID, REGULAR or STABLE."
  type        = string
}

variable "maintenance_window" {
  description = "When the cluster may be upgraded: RFC 3339 times of a first window, and an RFC 5545 recurrence."
  type = object({
    start_time = string
    end_time   = string
    recurrence = string
  })
}

variable "require_attestations" {
  description = "Whether only images that the build has attested may run."
  type        = bool
}

variable "deletion_protection" {
  description = "Whether Terraform refuses to delete the cluster."
  type        = bool
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}

variable "pools" {
  description = <<-EOT
    Pools of nodes by name. `min_nodes` and `max_nodes` count the whole pool; `zones` is none for all
    of the region's, and must be given for GPUs, which few zones have.
  EOT
  type = map(object({
    machine_type = string
    min_nodes    = number
    max_nodes    = number
    spot         = bool
    disk_type    = string
    disk_size_gb = number
    zones        = optional(set(string))
    gpu = optional(object({
      type   = string
      count  = number
      driver = string
    }))
  }))
}
