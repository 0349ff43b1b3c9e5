# The three buckets: what people drop, clear parts of a day, what players fetch.

locals {
  # What an upload may say of itself, in S3's words and in Cloud Storage's: see the portal's api/signing.rs.
  upload_headers = flatten([
    for vendor in ["x-amz-meta", "x-goog-meta"] : [
      for name in ["kid", "name", "scheme", "wrapped-key"] : "${vendor}-reeldrop-${name}"
    ]
  ])

  buckets = {
    uploads = { public = false, keep_deleted_days = 7 }
    work    = { public = false, keep_deleted_days = 0 } # Deleted by the million: keeping them would cost as much again.
    media   = { public = true, keep_deleted_days = 7 }
  }
}

resource "google_storage_bucket" "this" {
  for_each = local.buckets

  project       = var.project_id
  name          = "${var.prefix}-${each.key}"
  location      = var.location
  storage_class = "STANDARD"
  force_destroy = var.force_destroy
  labels        = var.labels

  uniform_bucket_level_access = true
  # The media bucket is opened to the CDN's visitors where the load balancer is made, and not here.
  public_access_prevention = each.value.public ? "inherited" : "enforced"

  encryption {
    default_kms_key_name = var.key_id
  }

  soft_delete_policy {
    retention_duration_seconds = each.value.keep_deleted_days * 24 * 60 * 60
  }

  # Parts of uploads that were never finished, which nothing else shows.
  lifecycle_rule {
    action {
      type = "AbortIncompleteMultipartUpload"
    }
    condition {
      age = 7
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.key == "work" ? ["a day"] : []

    content {
      action {
        type = "Delete"
      }
      condition {
        age = 1
      }
    }
  }

  dynamic "lifecycle_rule" {
    for_each = each.key == "uploads" && var.uploads_cold_after_days != null ? [var.uploads_cold_after_days] : []

    content {
      action {
        type          = "SetStorageClass"
        storage_class = "COLDLINE"
      }
      condition {
        age                   = lifecycle_rule.value
        matches_storage_class = ["STANDARD"]
      }
    }
  }

  # Nobody, the portal's deletion included, removes an upload before its time.
  dynamic "retention_policy" {
    for_each = each.key == "uploads" && var.uploads_retention_days > 0 ? [var.uploads_retention_days] : []

    content {
      retention_period = retention_policy.value * 24 * 60 * 60
    }
  }

  # The page uploads with signed addresses, in parts, and must see each part's ETag.
  dynamic "cors" {
    for_each = each.key == "uploads" ? ["page"] : []

    content {
      origin          = var.page_origins
      method          = ["PUT"]
      response_header = concat(["Content-Type", "ETag"], local.upload_headers)
      max_age_seconds = 3600
    }
  }

  # Players on any page; what they fetch is encrypted, but for pictures and captions.
  dynamic "cors" {
    for_each = each.key == "media" ? ["players"] : []

    content {
      origin          = ["*"]
      method          = ["GET", "HEAD"]
      response_header = ["Content-Type", "Content-Length", "Content-Range", "Range", "ETag"]
      max_age_seconds = 86400
    }
  }
}
