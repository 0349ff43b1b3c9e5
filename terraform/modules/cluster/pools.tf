# Pools of nodes: the broker and the functions that are always there, parts on spot nodes, and GPUs.

resource "google_container_node_pool" "this" {
  for_each = var.pools

  project        = var.project_id
  cluster        = google_container_cluster.this.id
  name           = each.key
  node_locations = each.value.zones

  # For the whole pool, not for each zone: a pool that may be empty is empty.
  autoscaling {
    total_min_node_count = each.value.min_nodes
    total_max_node_count = each.value.max_nodes
    # Wherever there is a spot or GPU node to be had.
    location_policy = each.value.spot || each.value.gpu != null ? "ANY" : "BALANCED"
  }

  management {
    auto_repair  = true
    auto_upgrade = true
  }

  # A pool of GPUs seldom has quota for one more.
  upgrade_settings {
    strategy        = "SURGE"
    max_surge       = each.value.gpu == null ? 1 : 0
    max_unavailable = each.value.gpu == null ? 0 : 1
  }

  node_config {
    machine_type    = each.value.machine_type
    spot            = each.value.spot
    image_type      = "COS_CONTAINERD"
    disk_type       = each.value.disk_type
    disk_size_gb    = each.value.disk_size_gb
    service_account = google_service_account.nodes.email
    oauth_scopes    = ["https://www.googleapis.com/auth/cloud-platform"]
    tags            = [var.node_tag]
    resource_labels = var.labels
    logging_variant = each.value.max_nodes > 50 ? "MAX_THROUGHPUT" : "DEFAULT"

    labels = {
      "reeldrop.io/pool" = each.key
    }

    dynamic "guest_accelerator" {
      for_each = each.value.gpu[*]

      content {
        type  = guest_accelerator.value.type
        count = guest_accelerator.value.count

        gpu_driver_installation_config {
          gpu_driver_version = guest_accelerator.value.driver
        }
      }
    }

    # GKE sets this one by itself, but not where the pool is the cluster's first.
    dynamic "taint" {
      for_each = each.value.gpu[*]

      content {
        key    = "nvidia.com/gpu"
        value  = "present"
        effect = "NO_SCHEDULE"
      }
    }

    dynamic "taint" {
      for_each = each.value.spot && each.value.gpu == null ? ["spot"] : []

      content {
        key    = "cloud.google.com/gke-spot"
        value  = "true"
        effect = "NO_SCHEDULE"
      }
    }

    # Image streaming: a container starts before its image is whole, which for GPU images is gigabytes.
    gcfs_config {
      enabled = true
    }

    gvnic {
      enabled = true
    }

    workload_metadata_config {
      mode = "GKE_METADATA"
    }

    shielded_instance_config {
      enable_integrity_monitoring = true
      # GPU drivers that are installed on start are not signed for it on every version.
      enable_secure_boot = each.value.gpu == null
    }

    kubelet_config {
      insecure_kubelet_readonly_port_enabled = "FALSE"
    }
  }

  timeouts {
    create = "45m"
    update = "90m"
  }

  lifecycle {
    # GKE adds labels of its own, and counts the nodes itself.
    ignore_changes = [node_config[0].resource_labels, initial_node_count]
  }
}
