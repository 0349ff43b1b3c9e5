variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "What the secret's name begins with."
  type        = string
}

variable "region" {
  description = "Region in which the secret is kept."
  type        = string
}

variable "key_id" {
  description = "Cloud KMS key under which the secret is kept."
  type        = string
}

variable "readers" {
  description = "IAM members that may read the master key, by function: those that unwrap content keys."
  type        = map(string)
}

variable "deletion_protection" {
  description = "Whether the secret cannot be deleted: without it no title that was encrypted can be played or packaged again."
  type        = bool
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
