variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "prefix" {
  description = "What the buckets' names begin with; bucket names are unique in the world."
  type        = string
}

variable "location" {
  description = "Region of the buckets: the cluster's, so that reading costs nothing."
  type        = string
}

variable "key_id" {
  description = "Cloud KMS key under which objects are stored."
  type        = string
}

variable "page_origins" {
  description = "Origins (scheme and host) of the page that uploads."
  type        = list(string)
}

variable "uploads_cold_after_days" {
  description = "Days after which an upload, which is read again only to be processed again, is kept more cheaply; null for never."
  type        = number
}

variable "uploads_retention_days" {
  description = "Days for which nobody can delete an upload; 0 for none."
  type        = number
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes buckets that are not empty."
  type        = bool
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
