# Cloud Build: builds, tests, scans, signs and deploys what is pushed.

resource "google_service_account" "this" {
  project      = var.project_id
  account_id   = "${var.name}-build"
  display_name = "Reeldrop: build and deployment"
}

# Compiled dependencies, inventories of images (SBOM), and the manifests that were deployed last.
resource "google_storage_bucket" "this" {
  project                     = var.project_id
  name                        = var.bucket_name
  location                    = var.region
  force_destroy               = true
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  labels                      = var.labels

  soft_delete_policy {
    retention_duration_seconds = 0
  }

  lifecycle_rule {
    action {
      type = "Delete"
    }
    condition {
      age            = 30
      matches_prefix = ["cache/"]
    }
  }
}

locals {
  project_roles = toset([
    "roles/binaryauthorization.attestorsViewer",
    "roles/container.developer",
    "roles/containeranalysis.occurrences.editor",
    "roles/logging.logWriter",
    "roles/ondemandscanning.admin",
  ])
}

resource "google_project_iam_member" "this" {
  for_each = local.project_roles

  project = var.project_id
  role    = each.value
  member  = google_service_account.this.member
}

resource "google_storage_bucket_iam_member" "own" {
  bucket = google_storage_bucket.this.name
  role   = "roles/storage.objectUser"
  member = google_service_account.this.member
}

# The smoke test drops a clip.
resource "google_storage_bucket_iam_member" "uploads" {
  bucket = var.uploads_bucket
  role   = "roles/storage.objectUser"
  member = google_service_account.this.member
}

resource "google_artifact_registry_repository_iam_member" "writer" {
  for_each = { images = var.repository_name, signatures = var.signatures_name }

  project    = var.project_id
  location   = var.region
  repository = each.value
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.this.member
}

# It stood alone before signatures had a repository of their own.
moved {
  from = google_artifact_registry_repository_iam_member.writer
  to   = google_artifact_registry_repository_iam_member.writer["images"]
}

resource "google_kms_crypto_key_iam_member" "signer" {
  crypto_key_id = var.attestor_key_id
  role          = "roles/cloudkms.signerVerifier"
  member        = google_service_account.this.member
}

# cosign looks at the key before it signs.
resource "google_kms_crypto_key_iam_member" "viewer" {
  crypto_key_id = var.attestor_key_id
  role          = "roles/cloudkms.viewer"
  member        = google_service_account.this.member
}

resource "google_container_analysis_note_iam_member" "attacher" {
  project = var.project_id
  note    = var.note_name
  role    = "roles/containeranalysis.notes.attacher"
  member  = google_service_account.this.member
}

resource "google_cloudbuild_trigger" "main" {
  count = var.source_repository == null ? 0 : 1

  project            = var.project_id
  location           = var.region
  name               = "${var.name}-main"
  description        = "Builds, tests and deploys each push to the main branch."
  filename           = "cloudbuild.yaml"
  service_account    = google_service_account.this.id
  include_build_logs = "INCLUDE_BUILD_LOGS_WITH_STATUS"

  repository_event_config {
    repository = var.source_repository.id

    push {
      branch = var.source_repository.branch
    }
  }

  # What differs from one installation to the next; cloudbuild.yaml has no other names of it.
  substitutions = {
    _REGION        = var.region
    _REPOSITORY    = var.repository
    _BUILD_BUCKET  = google_storage_bucket.this.name
    _CLUSTER       = var.cluster_name
    _OVERLAY       = var.overlay
    _BROKER        = var.broker
    _SOURCE        = var.uploads_source
    _ATTESTOR      = var.attestor_name
    _KEY_VERSION   = var.attestor_key_version
    _SIGNATURES    = var.signatures
    _UPLOADS       = var.uploads_bucket
    _SCAN_LOCATION = split("-", var.region)[0] == "us" ? "us" : split("-", var.region)[0] == "asia" ? "asia" : "europe"
  }

  approval_config {
    approval_required = var.require_approval
  }

  depends_on = [google_project_iam_member.this]
}
