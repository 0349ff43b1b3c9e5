variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "Name of the network, and what the names of its parts begin with."
  type        = string
}

variable "region" {
  description = "Region of the nodes."
  type        = string
}

variable "nodes_cidr" {
  description = "Addresses of nodes: one each."
  type        = string
}

variable "pods_cidr" {
  description = "Addresses of pods: 256 for each node of up to 110 pods."
  type        = string
}

variable "services_cidr" {
  description = "Addresses of Kubernetes Services."
  type        = string
}

variable "managed_services_cidr" {
  description = "Addresses of Google's managed services that are peered with the network: Cloud SQL's."
  type        = string
}

variable "control_plane_cidr" {
  description = "Addresses of the control plane."
  type        = string
}

variable "webhook_ports" {
  description = "Ports on which webhooks in the cluster listen."
  type        = list(number)
}

variable "ingress_ports" {
  description = "Ports of the ingress gateway's pods: traffic and health."
  type        = list(number)
}
