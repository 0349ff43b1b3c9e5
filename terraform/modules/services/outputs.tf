output "project_id" {
  description = "The project's id, known once its services are on."
  value       = var.project_id
  depends_on  = [google_project_service.this]
}

output "project_number" {
  description = "The project's number, known once its services are on."
  value       = data.google_project.this.number
  depends_on  = [google_project_service.this]
}

output "agents" {
  description = "IAM members of the services' own agents, by a short name."
  value = {
    cluster  = "serviceAccount:service-${data.google_project.this.number}@container-engine-robot.iam.gserviceaccount.com"
    database = "serviceAccount:${google_project_service_identity.this["sqladmin.googleapis.com"].email}"
    events   = "serviceAccount:${google_project_service_identity.this["pubsub.googleapis.com"].email}"
    registry = "serviceAccount:${google_project_service_identity.this["artifactregistry.googleapis.com"].email}"
    secrets  = "serviceAccount:${google_project_service_identity.this["secretmanager.googleapis.com"].email}"
    storage  = "serviceAccount:${data.google_storage_project_service_account.this.email_address}"
  }
  depends_on = [google_project_service.this]
}
