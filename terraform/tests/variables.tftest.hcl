# What must be refused before anything is made.

mock_provider "google" {
  mock_data "google_kms_crypto_key_version" {
    defaults = {
      public_key = [{ pem = "-----BEGIN PUBLIC KEY-----", algorithm = "ECDSA_P256_SHA256" }]
    }
  }
}
mock_provider "google-beta" {}

run "a_zone_is_no_region" {
  command = plan
  variables {
    region = "europe-west4-a"
  }
  expect_failures = [var.region]
}

run "everybody_may_not_use_the_portal" {
  command = plan
  variables {
    portal_members = ["allUsers"]
  }
  expect_failures = [var.portal_members]
}

run "uploads_come_in_one_of_two_ways" {
  command = plan
  variables {
    uploads_delivery = "eventarc"
  }
  expect_failures = [var.uploads_delivery]
}

run "the_broker_needs_a_pool_that_stays" {
  command = plan
  variables {
    pools = { parts = { machine_type = "n2d-standard-8", min_nodes = 1, max_nodes = 2, spot = true } }
  }
  expect_failures = [var.pools]
}

run "an_l4_is_in_a_g2_machine" {
  command = plan
  variables {
    gpu_pools = { l4 = { machine_type = "n1-standard-8", max_nodes = 1, zones = ["europe-west4-a"] } }
  }
  expect_failures = [var.gpu_pools]
}

run "a_gpu_pool_names_its_zones" {
  command = plan
  variables {
    gpu_pools = { l4 = { machine_type = "g2-standard-8", max_nodes = 1, zones = [] } }
  }
  expect_failures = [var.gpu_pools]
}

run "a_domain_has_no_dot_at_its_end" {
  command = plan
  variables {
    domain = "video.example.com."
  }
  expect_failures = [var.domain]
}

run "a_name_leaves_room_for_a_functions_name" {
  command = plan
  variables {
    name = "reeldrop-production"
  }
  expect_failures = [var.name]
}

run "a_billing_account_is_written_in_three_groups" {
  command = plan
  variables {
    budget = { billing_account = "billingAccounts/1", monthly_amount = 10 }
  }
  expect_failures = [var.budget]
}

run "the_catalogs_disk_has_a_limit" {
  command = plan
  variables {
    database = { disk_limit_gb = 0 }
  }
  expect_failures = [var.database]
}
