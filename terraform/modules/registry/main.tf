# The images, and who says of them that the build made and scanned them.

resource "google_artifact_registry_repository" "this" {
  project       = var.project_id
  location      = var.region
  repository_id = var.name
  description   = "Images of Reeldrop's functions."
  format        = "DOCKER"
  kms_key_name  = var.key_id
  labels        = var.labels

  docker_config {
    immutable_tags = true
  }

  vulnerability_scanning_config {
    enablement_config = "INHERITED"
  }

  # A rollback needs the last few; what is kept wins over what is deleted.
  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = var.keep_versions
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      tag_state  = "ANY"
      older_than = "2592000s"
    }
  }
}

# Signatures and attestations (cosign): one tag an image, which grows with each. They are kept for as long as
# anybody may ask where an image came from.
resource "google_artifact_registry_repository" "signatures" {
  project       = var.project_id
  location      = var.region
  repository_id = "${var.name}-signatures"
  description   = "Signatures, bills of materials and provenance of Reeldrop's images."
  format        = "DOCKER"
  kms_key_name  = var.key_id
  labels        = var.labels
}

resource "google_artifact_registry_repository_iam_member" "reader" {
  for_each = var.readers

  project    = var.project_id
  location   = google_artifact_registry_repository.this.location
  repository = google_artifact_registry_repository.this.name
  role       = "roles/artifactregistry.reader"
  member     = each.value
}

resource "google_container_analysis_note" "built" {
  project = var.project_id
  name    = "${var.name}-built"

  attestation_authority {
    hint {
      human_readable_name = "Built, tested and scanned by Reeldrop's Cloud Build"
    }
  }
}

resource "google_binary_authorization_attestor" "built" {
  project     = var.project_id
  name        = "${var.name}-built"
  description = "Built from the main branch, tested, and without a known critical flaw."

  attestation_authority_note {
    note_reference = google_container_analysis_note.built.name

    public_keys {
      id = var.attestor_key_version_id

      pkix_public_key {
        public_key_pem      = var.attestor_public_key.pem
        signature_algorithm = var.attestor_public_key.algorithm
      }
    }
  }
}

# One policy a project. Knative's, the broker's and the Auth Proxy's images are let in by name.
resource "google_binary_authorization_policy" "this" {
  project = var.project_id

  global_policy_evaluation_mode = "ENABLE" # Google's own system images.

  dynamic "admission_whitelist_patterns" {
    for_each = var.trusted_images

    content {
      name_pattern = admission_whitelist_patterns.value
    }
  }

  default_admission_rule {
    evaluation_mode         = "REQUIRE_ATTESTATION"
    enforcement_mode        = "ENFORCED_BLOCK_AND_AUDIT_LOG"
    require_attestations_by = [google_binary_authorization_attestor.built.name]
  }
}
