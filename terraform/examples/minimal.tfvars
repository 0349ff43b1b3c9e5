# The smallest that works, to try it: no GPUs, one small catalog without a stand-by, few nodes, and
# everything can be destroyed again.
project_id          = "reeldrop-trial"
region              = "europe-west4"
domain              = "trial.example.com"
dns_zone_name       = "trial-example-com"
create_dns_zone     = true
deletion_protection = false

portal_members = ["user:you@example.com"]

pools = {
  services = { machine_type = "e2-standard-4", min_nodes = 1, max_nodes = 2, zones = ["europe-west4-a"] }
  parts    = { machine_type = "n2d-standard-4", min_nodes = 0, max_nodes = 4, spot = true, zones = ["europe-west4-a"] }
}
database = {
  tier              = "db-g1-small"
  high_availability = false
  max_connections   = 100
  retained_backups  = 7
}
uploads_cold_after_days = null
require_attestations    = false
