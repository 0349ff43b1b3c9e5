output "repository" {
  description = "What images' names begin with: REGION-docker.pkg.dev/PROJECT/REPOSITORY."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.this.repository_id}"
}

output "repository_name" {
  description = "Name of the repository."
  value       = google_artifact_registry_repository.this.name
}

output "attestor_name" {
  description = "Name of the attestor."
  value       = google_binary_authorization_attestor.built.name
}

output "note_name" {
  description = "Name of the note that attestations are attached to."
  value       = google_container_analysis_note.built.name
}

output "signatures" {
  description = "What signatures' names begin with."
  value       = "${var.region}-docker.pkg.dev/${var.project_id}/${google_artifact_registry_repository.signatures.repository_id}"
}

output "signatures_name" {
  description = "Name of the repository of signatures."
  value       = google_artifact_registry_repository.signatures.name
}
