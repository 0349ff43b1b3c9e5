variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "What the alerts' names begin with."
  type        = string
}

variable "uploads_subscription" {
  description = "Name of the subscription that brings uploads to bucket-source."
  type        = string
}

variable "dead_letter_subscription" {
  description = "Name of the subscription that keeps what could not be delivered."
  type        = string
}

variable "database_instance" {
  description = "Name of the catalog's instance."
  type        = string
}

variable "database_disk_limit_gb" {
  description = "Size in GB over which the catalog's disk does not grow by itself."
  type        = number

  validation {
    condition     = var.database_disk_limit_gb > 0
    error_message = "Without a limit of the disk nothing can be said of how full it is."
  }
}

variable "database_max_connections" {
  description = "Connections to the catalog at most."
  type        = number
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "mail_addresses" {
  description = "Who is told; without any, alerts are seen in the console only."
  type        = list(string)
}

variable "labels" {
  description = "Labels of alerts and channels."
  type        = map(string)
}
