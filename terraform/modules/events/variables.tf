variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "What the names of topics and subscriptions begin with."
  type        = string
}

variable "region" {
  description = "Region in which messages are kept."
  type        = string
}

variable "uploads_bucket" {
  description = "Name of the bucket whose new objects are told."
  type        = string
}

variable "key_id" {
  description = "Cloud KMS key under which messages are kept."
  type        = string
}

variable "delivery" {
  description = "Whether uploads are pushed to bucket-source, or it pulls: push or pull."
  type        = string
}

variable "puller" {
  description = "IAM member of bucket-source, where it pulls."
  type        = string
}

variable "push_endpoint" {
  description = "Public https:// address of bucket-source."
  type        = string

  validation {
    condition     = startswith(var.push_endpoint, "https://")
    error_message = "Pub/Sub pushes only to https:// addresses."
  }
}

variable "push_audience" {
  description = "Audience of the push request's token, as bucket-source expects it."
  type        = string
}

variable "agents" {
  description = "IAM members of Cloud Storage's and Pub/Sub's agents."
  type        = object({ storage = string, events = string })
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
