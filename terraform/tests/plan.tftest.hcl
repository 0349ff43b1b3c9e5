# Plans the whole configuration with the values of an example (-var-file), without a cloud.

mock_provider "google" {
  mock_data "google_kms_crypto_key_version" {
    defaults = {
      public_key = [{ pem = "-----BEGIN PUBLIC KEY-----", algorithm = "ECDSA_P256_SHA256" }]
    }
  }
}
mock_provider "google-beta" {}

run "the_example_can_be_planned" {
  command = plan

  assert {
    condition     = toset(keys(module.identities.master_key_readers)) == toset(["encrypt-package", "portal"])
    error_message = "The master key is read by encrypt-package and the portal, and by nobody else."
  }

  assert {
    condition     = toset(keys(module.identities.database_users)) == toset(["catalog-write", "encrypt-package", "portal"])
    error_message = "The catalog is used by catalog-write, encrypt-package and the portal only."
  }

  assert {
    condition     = [for function, needs in local.functions : function if try(needs.uploads, "none") == "write"] == ["portal"]
    error_message = "What people drop is changed by nobody but the portal, which deletes."
  }

  assert {
    condition     = toset([for function, needs in local.functions : function if try(needs.media, "none") != "none"]) == toset(["analyze", "encrypt-package", "portal", "thumbnail", "transcribe"])
    error_message = "The media bucket is written by who publishes, and by nobody else."
  }

  assert {
    condition     = output.hosts == { portal = "portal.${var.domain}", media = "media.${var.domain}", events = "events.${var.domain}" }
    error_message = "Three host names stand below the domain."
  }

  assert {
    condition     = output.settings["portal-url"] == "https://portal.${var.domain}"
    error_message = "The overlay's settings name the portal as the load balancer has it."
  }
  assert {
    condition     = output.settings["push-audience"] == "https://${output.settings["events-host"]}/"
    error_message = "Pub/Sub pushes to the name that leads to bucket-source, for that audience."
  }
}
