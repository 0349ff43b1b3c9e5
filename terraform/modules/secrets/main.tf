# The master key's place. Terraform makes the secret and never sees the key: a person adds it, see
# docs/operations/install.md.

resource "google_secret_manager_secret" "master_key" {
  project             = var.project_id
  secret_id           = "${var.name}-master-key"
  labels              = var.labels
  deletion_protection = var.deletion_protection

  replication {
    user_managed {
      replicas {
        location = var.region

        customer_managed_encryption {
          kms_key_name = var.key_id
        }
      }
    }
  }

  # A version that was destroyed by mistake can be brought back for so long.
  version_destroy_ttl = "2592000s"
}

resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = var.readers

  project   = var.project_id
  secret_id = google_secret_manager_secret.master_key.secret_id
  role      = "roles/secretmanager.secretAccessor"
  member    = each.value
}
