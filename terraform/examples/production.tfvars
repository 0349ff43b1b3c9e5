# For 10,000 uploads an hour: L4s for transcode, a stand-by of the catalog, keys in hardware, a budget,
# and builds that a person approves.
project_id     = "reeldrop-production"
region         = "europe-west4"
domain         = "video.example.com"
dns_zone_name  = "video-example-com"
portal_members = ["group:video-team@example.com"]

# The second apply: see the README.
gateway_zones = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]

pools = {
  services = { machine_type = "e2-standard-8", min_nodes = 3, max_nodes = 12 }
  parts    = { machine_type = "n2d-standard-8", min_nodes = 0, max_nodes = 125, spot = true }
}
gpu_pools = {
  l4 = {
    machine_type = "g2-standard-8"
    max_nodes    = 40
    zones        = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
  }
  # Not spot: what must be finished when no spot node is to be had.
  l4-steady = {
    machine_type = "g2-standard-8"
    max_nodes    = 4
    spot         = false
    zones        = ["europe-west4-a", "europe-west4-b", "europe-west4-c"]
  }
}

database = {
  tier            = "db-custom-8-30720"
  disk_size_gb    = 100
  max_connections = 2500 # 16 for each of 100 encrypt-package and what else there is.
  backup_location = "eu"
}
key_protection_level   = "HSM"
uploads_retention_days = 0

source_repository = {
  id     = "projects/reeldrop-production/locations/europe-west4/connections/github/repositories/reeldrop"
  branch = "^main$"
}
require_build_approval = true

alert_mail_addresses = ["video-team@example.com"]

budget = {
  billing_account = "012345-6789AB-CDEF01"
  monthly_amount  = 5000
  mail_addresses  = ["video-team@example.com"]
}
