variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "Name of the instance."
  type        = string
}

variable "region" {
  description = "Region of the instance: the cluster's."
  type        = string
}

variable "network_id" {
  description = "Network that the instance has its address in, peered with managed services."
  type        = string
}

variable "key_id" {
  description = "Cloud KMS key under which the disk and the backups are kept."
  type        = string
}

variable "tier" {
  description = "Machine: db-custom-<vCPUs>-<MiB of memory>."
  type        = string
}

variable "high_availability" {
  description = "Whether a second instance in another zone stands by."
  type        = bool
}

variable "disk_size_gb" {
  description = "First size of the disk in GB; it grows by itself."
  type        = number
}

variable "disk_limit_gb" {
  description = "Size in GB over which the disk does not grow by itself."
  type        = number
}

variable "max_connections" {
  description = "Connections at most."
  type        = number
}

variable "backup_location" {
  description = "Region or multi-region of the backups."
  type        = string
}

variable "retained_backups" {
  description = "Daily backups that are kept."
  type        = number
}

variable "deletion_protection" {
  description = "Whether the instance cannot be deleted, by Terraform or otherwise."
  type        = bool
}

variable "users" {
  description = "Emails of the service accounts that may log in, by function."
  type        = map(string)
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
