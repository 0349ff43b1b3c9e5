# One service account a function, with the least that its code needs, and the pod that may be it.

locals {
  accounts = var.functions

  # A missing object is told from a forbidden one only by who may list: readers may.
  bucket_roles = { read = "roles/storage.objectViewer", write = "roles/storage.objectUser" }

  bucket_grants = merge([
    for function, needs in var.functions : {
      for bucket, access in { uploads = needs.uploads, work = needs.work, media = needs.media } :
      "${function}/${bucket}" => { function = function, bucket = bucket, access = access }
      if access != "none"
    }
  ]...)

  database_users = { for function, needs in var.functions : function => needs if needs.database }
  signers        = { for function, needs in var.functions : function => needs if needs.signs_urls }
  tracers        = { for function, needs in var.functions : function => needs if needs.exports_traces }
}

resource "google_service_account" "this" {
  for_each = local.accounts

  project      = var.project_id
  account_id   = "${var.prefix}-${each.key}"
  display_name = "Reeldrop: ${each.key}"
}

resource "google_service_account_iam_member" "pod" {
  for_each = local.accounts

  service_account_id = google_service_account.this[each.key].name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:${var.workload_pool}[${var.namespace}/${each.key}]"
}

resource "google_storage_bucket_iam_member" "this" {
  for_each = local.bucket_grants

  bucket = var.bucket_names[each.value.bucket]
  role   = local.bucket_roles[each.value.access]
  member = google_service_account.this[each.value.function].member
}

resource "google_project_iam_member" "database_client" {
  for_each = local.database_users

  project = var.project_id
  role    = "roles/cloudsql.client"
  member  = google_service_account.this[each.key].member
}

resource "google_project_iam_member" "database_user" {
  for_each = local.database_users

  project = var.project_id
  role    = "roles/cloudsql.instanceUser"
  member  = google_service_account.this[each.key].member
}

# Signs addresses of objects in its own name (IAM's signBlob): there is no key file.
resource "google_service_account_iam_member" "signer" {
  for_each = local.signers

  service_account_id = google_service_account.this[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.this[each.key].member
}

resource "google_project_iam_member" "tracer" {
  for_each = local.tracers

  project = var.project_id
  role    = "roles/cloudtrace.agent"
  member  = google_service_account.this[each.key].member
}
