# What a function may reach is what it says that it needs.

mock_provider "google" {}

variables {
  project_id    = "reeldrop-test"
  prefix        = "reeldrop"
  namespace     = "reeldrop"
  workload_pool = "reeldrop-test.svc.id.goog"
  bucket_names  = { uploads = "u", work = "w", media = "m" }
  functions = {
    bucket-source = {}
    probe         = { uploads = "read" }
    portal        = { media = "write", database = true, master_key = true, signs_urls = true }
  }
}

run "grants" {
  command = plan
  module {
    source = "./modules/identities"
  }

  assert {
    condition = { for grant in google_storage_bucket_iam_member.this : grant.bucket => grant.role } == {
      u = "roles/storage.objectViewer"
      m = "roles/storage.objectUser"
    }
    error_message = "Two functions open a bucket each; the third opens none."
  }

  assert {
    condition     = google_service_account_iam_member.pod["probe"].member == "serviceAccount:reeldrop-test.svc.id.goog[reeldrop/probe]"
    error_message = "The pod of that name, in that namespace, is the account."
  }

  assert {
    condition     = keys(google_project_iam_member.database_user) == ["portal"] && keys(google_service_account_iam_member.signer) == ["portal"]
    error_message = "Only who says so logs in to the catalog, or signs."
  }
}

run "access_is_one_of_three_words" {
  command = plan
  module {
    source = "./modules/identities"
  }
  variables {
    functions = { probe = { uploads = "admin" } }
  }
  expect_failures = [var.functions]
}
