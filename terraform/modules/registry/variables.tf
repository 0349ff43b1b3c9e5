variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "Name of the repository."
  type        = string
}

variable "region" {
  description = "Region of the repository: the cluster's."
  type        = string
}

variable "key_id" {
  description = "Cloud KMS key under which images are kept."
  type        = string
}

variable "readers" {
  description = "IAM members that pull images, by a short name: the nodes."
  type        = map(string)
}

variable "keep_versions" {
  description = "Versions of each image that are kept however old they are."
  type        = number
}

variable "attestor_key_version_id" {
  description = "Version of the key that signs attestations, as Binary Authorization names it."
  type        = string
}

variable "attestor_public_key" {
  description = "Its public half."
  type        = object({ pem = string, algorithm = string })
}

variable "trusted_images" {
  description = "Patterns of images of others that may run without attestation."
  type        = list(string)
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
