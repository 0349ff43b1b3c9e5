# A private, regional GKE Standard cluster. Its pools stand in pools.tf.

resource "google_container_cluster" "this" {
  project  = var.project_id
  name     = var.name
  location = var.region

  # The pools are resources of their own.
  remove_default_node_pool = true
  initial_node_count       = 1
  deletion_protection      = var.deletion_protection

  network           = var.network_id
  subnetwork        = var.subnetwork_id
  networking_mode   = "VPC_NATIVE"
  datapath_provider = "ADVANCED_DATAPATH" # Dataplane V2: it enforces NetworkPolicies.

  ip_allocation_policy {
    cluster_secondary_range_name  = var.pods_range_name
    services_secondary_range_name = var.services_range_name
  }

  private_cluster_config {
    enable_private_nodes   = true
    master_ipv4_cidr_block = var.control_plane_cidr
  }

  # The control plane is reached by its DNS name, where IAM decides: no address of it is open, and
  # Cloud Build needs no private pool.
  control_plane_endpoints_config {
    dns_endpoint_config {
      allow_external_traffic = true
    }
    ip_endpoints_config {
      enabled = false
    }
  }

  release_channel {
    channel = var.release_channel
  }

  maintenance_policy {
    recurring_window {
      start_time = var.maintenance_window.start_time
      end_time   = var.maintenance_window.end_time
      recurrence = var.maintenance_window.recurrence
    }
  }

  workload_identity_config {
    workload_pool = "${var.project_id}.svc.id.goog"
  }

  database_encryption {
    state    = "ENCRYPTED"
    key_name = var.secrets_key_id
  }

  # Mounts the master key from Secret Manager.
  secret_manager_config {
    enabled = true
  }

  binary_authorization {
    evaluation_mode = var.require_attestations ? "PROJECT_SINGLETON_POLICY_ENFORCE" : "DISABLED"
  }

  addons_config {
    http_load_balancing {
      disabled = false # It makes the endpoint groups that the load balancer sends to.
    }
    dns_cache_config {
      enabled = true
    }
    gce_persistent_disk_csi_driver_config {
      enabled = true # The broker's disks.
    }
  }

  cluster_autoscaling {
    autoscaling_profile = "OPTIMIZE_UTILIZATION" # Empty GPU nodes go after minutes.
  }

  logging_config {
    enable_components = ["SYSTEM_COMPONENTS", "WORKLOADS"]
  }

  monitoring_config {
    enable_components = ["SYSTEM_COMPONENTS", "POD", "DEPLOYMENT", "STATEFULSET", "DCGM"]

    managed_prometheus {
      enabled = true
    }
  }

  cost_management_config {
    enabled = true
  }

  security_posture_config {
    mode               = "BASIC"
    vulnerability_mode = "VULNERABILITY_DISABLED" # Images are scanned in the registry.
  }

  resource_labels = var.labels

  lifecycle {
    # The default pool is gone after the first apply.
    ignore_changes = [node_config, initial_node_count]
  }
}

resource "google_service_account" "nodes" {
  project      = var.project_id
  account_id   = "${var.name}-nodes"
  display_name = "Reeldrop: nodes"
  description  = "What nodes themselves need: logs, metrics, images. Pods have identities of their own."
}

resource "google_project_iam_member" "nodes" {
  project = var.project_id
  role    = "roles/container.defaultNodeServiceAccount"
  member  = google_service_account.nodes.member
}
