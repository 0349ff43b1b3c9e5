# Pools of nodes as the functions' manifests expect them.

mock_provider "google" {}

variables {
  project_id           = "reeldrop-test"
  name                 = "reeldrop"
  region               = "europe-west4"
  network_id           = "network"
  subnetwork_id        = "subnetwork"
  pods_range_name      = "pods"
  services_range_name  = "services"
  control_plane_cidr   = "172.16.0.0/28"
  node_tag             = "node"
  secrets_key_id       = "projects/p/locations/l/keyRings/r/cryptoKeys/cluster"
  release_channel      = "REGULAR"
  require_attestations = true
  deletion_protection  = true
  labels               = {}
  maintenance_window   = { start_time = "2026-01-03T01:00:00Z", end_time = "2026-01-03T09:00:00Z", recurrence = "FREQ=WEEKLY;BYDAY=SA,SU" }
  pools = {
    services = { machine_type = "e2-standard-4", min_nodes = 3, max_nodes = 9, spot = false, disk_type = "pd-balanced", disk_size_gb = 50 }
    parts    = { machine_type = "n2d-standard-8", min_nodes = 0, max_nodes = 60, spot = true, disk_type = "pd-balanced", disk_size_gb = 50 }
    l4 = {
      machine_type = "g2-standard-8", min_nodes = 0, max_nodes = 8, spot = true, disk_type = "pd-balanced", disk_size_gb = 100
      zones        = ["europe-west4-a"]
      gpu          = { type = "nvidia-l4", count = 1, driver = "LATEST" }
    }
  }
}

run "pools" {
  command = plan
  module {
    source = "./modules/cluster"
  }

  assert {
    condition     = google_container_node_pool.this["l4"].autoscaling[0].total_min_node_count == 0
    error_message = "A GPU pool is empty when nobody needs it."
  }

  assert {
    condition     = google_container_node_pool.this["l4"].node_config[0].guest_accelerator[0].gpu_driver_installation_config[0].gpu_driver_version == "LATEST"
    error_message = "GKE installs the driver."
  }

  assert {
    condition     = [for taint in google_container_node_pool.this["l4"].node_config[0].taint : "${taint.key}=${taint.value}:${taint.effect}"] == ["nvidia.com/gpu=present:NO_SCHEDULE"]
    error_message = "Only what tolerates nvidia.com/gpu runs on GPU nodes, spot or not."
  }

  assert {
    condition     = [for taint in google_container_node_pool.this["parts"].node_config[0].taint : "${taint.key}=${taint.value}:${taint.effect}"] == ["cloud.google.com/gke-spot=true:NO_SCHEDULE"]
    error_message = "Only what can be cut off runs on spot nodes."
  }

  assert {
    condition     = length(google_container_node_pool.this["services"].node_config[0].taint) == 0
    error_message = "Everything else runs on the pool that stays."
  }

  assert {
    condition     = alltrue([for pool in google_container_node_pool.this : pool.node_config[0].gcfs_config[0].enabled])
    error_message = "Images are streamed on every pool."
  }

  assert {
    condition     = google_container_cluster.this.private_cluster_config[0].enable_private_nodes && !google_container_cluster.this.control_plane_endpoints_config[0].ip_endpoints_config[0].enabled
    error_message = "Neither nodes nor the control plane have a public address."
  }
}
