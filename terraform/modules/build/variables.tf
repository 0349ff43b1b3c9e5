variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "What the trigger's and the service account's names begin with."
  type        = string
}

variable "region" {
  description = "Region of the builds: that of the source repository's connection."
  type        = string
}

variable "bucket_name" {
  description = "Name of the build's bucket; bucket names are unique in the world."
  type        = string
}

variable "source_repository" {
  description = <<-EOT
    The connected repository (`projects/…/locations/…/connections/…/repositories/…`) and a regular
    expression of the branch; null for no trigger.
  EOT
  type        = object({ id = string, branch = string })

  validation {
    condition     = var.source_repository == null ? true : can(regex("^projects/[^/]+/locations/[^/]+/connections/[^/]+/repositories/[^/]+$", var.source_repository.id))
    error_message = "The repository's id is projects/…/locations/…/connections/…/repositories/…, as `gcloud builds repositories describe` shows it."
  }
}

variable "require_approval" {
  description = "Whether a person must approve each build, which deploys."
  type        = bool
}

variable "overlay" {
  description = "Folder in knative/overlays that is deployed."
  type        = string
}

variable "broker" {
  description = "Folder in triggers/overlays that is deployed."
  type        = string
}

variable "uploads_source" {
  description = "Folder in triggers/sources that is deployed, too; empty for none."
  type        = string
}

variable "cluster_name" {
  description = "Name of the cluster."
  type        = string
}

variable "repository" {
  description = "What images' names begin with."
  type        = string
}

variable "repository_name" {
  description = "Name of the image repository."
  type        = string
}

variable "signatures" {
  description = "What signatures' names begin with."
  type        = string
}

variable "signatures_name" {
  description = "Name of the repository of signatures."
  type        = string
}

variable "uploads_bucket" {
  description = "Name of the uploads bucket, for the smoke test."
  type        = string
}

variable "attestor_name" {
  description = "Name of the attestor."
  type        = string
}

variable "note_name" {
  description = "Name of the note that attestations are attached to."
  type        = string
}

variable "attestor_key_id" {
  description = "Key that signs attestations."
  type        = string
}

variable "attestor_key_version" {
  description = "The version of it that signs."
  type        = string
}

variable "labels" {
  description = "Labels of everything that costs money."
  type        = map(string)
}
