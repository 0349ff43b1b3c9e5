# Keys of Cloud KMS: one a purpose, each usable by one agent only.

locals {
  # What each key encrypts at rest, and who may use it.
  purposes = {
    # The secret that holds the master key, under which content keys are wrapped.
    content-keys = var.agents.secrets
    storage      = var.agents.storage
    events       = var.agents.events
    database     = var.agents.database
    registry     = var.agents.registry
    # Kubernetes Secrets in etcd.
    cluster = var.agents.cluster
  }
}

# A key ring cannot be deleted, ever: its name is taken for good.
resource "google_kms_key_ring" "this" {
  project  = var.project_id
  name     = var.name
  location = var.region
}

resource "google_kms_crypto_key" "this" {
  for_each = local.purposes

  name                       = each.key
  key_ring                   = google_kms_key_ring.this.id
  purpose                    = "ENCRYPT_DECRYPT"
  rotation_period            = "${var.rotation_days * 24 * 60 * 60}s"
  destroy_scheduled_duration = "2592000s"

  version_template {
    algorithm        = "GOOGLE_SYMMETRIC_ENCRYPTION"
    protection_level = var.protection_level
  }

  # What was encrypted under a destroyed key is lost.
  lifecycle {
    prevent_destroy = true
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = local.purposes

  crypto_key_id = google_kms_crypto_key.this[each.key].id
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = each.value
}

# Signs attestations of images: an asymmetric key is not rotated by itself.
resource "google_kms_crypto_key" "attestor" {
  name                       = "attestor"
  key_ring                   = google_kms_key_ring.this.id
  purpose                    = "ASYMMETRIC_SIGN"
  destroy_scheduled_duration = "2592000s"

  version_template {
    algorithm        = "EC_SIGN_P256_SHA256"
    protection_level = var.protection_level
  }

  lifecycle {
    prevent_destroy = true
  }
}

data "google_kms_crypto_key_version" "attestor" {
  crypto_key = google_kms_crypto_key.attestor.id
}
