variable "project_id" {
  description = "Id of the project that everything is made in. One project, one Reeldrop: Binary Authorization has one policy a project."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "A project id has 6 to 30 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "region" {
  description = "Region of everything. For GPUs one that has L4s, such as europe-west4 or us-central1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "A region is written like europe-west4; a zone, such as europe-west4-a, is none."
  }
}

variable "name" {
  description = "What names begin with. With a function's name it is a service account's id, of at most 30 characters."
  type        = string
  default     = "reeldrop"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,13}[a-z0-9]$", var.name))
    error_message = "The name has 4 to 15 lower-case letters, digits and hyphens, and begins with a letter."
  }
}

variable "namespace" {
  description = "Kubernetes namespace of the functions, as the overlays have it."
  type        = string
  default     = "reeldrop"
}

variable "labels" {
  description = "Further labels of everything that costs money."
  type        = map(string)
  default     = {}
}

variable "deletion_protection" {
  description = "Whether cluster, catalog, master key and full buckets are kept from `terraform destroy`."
  type        = bool
  default     = true
}

variable "bucket_prefix" {
  description = "What the buckets' names begin with, unique in the world; null for the project's id and `name`."
  type        = string
  default     = null
}

# The network.

variable "nodes_cidr" {
  description = "Addresses of nodes: one each. The default has 4,092."
  type        = string
  default     = "10.16.0.0/20"

  validation {
    condition     = can(cidrhost(var.nodes_cidr, 0))
    error_message = "Write it like 10.16.0.0/20."
  }
}

variable "pods_cidr" {
  description = "Addresses of pods: 256 for each node. The default is enough for 1,024 nodes."
  type        = string
  default     = "10.20.0.0/14"

  validation {
    condition     = can(cidrhost(var.pods_cidr, 0)) && tonumber(split("/", var.pods_cidr)[1]) <= 21
    error_message = "Write it like 10.20.0.0/14; a range smaller than /21 holds fewer than 8 nodes."
  }
}

variable "services_cidr" {
  description = "Addresses of Kubernetes Services."
  type        = string
  default     = "10.24.0.0/20"

  validation {
    condition     = can(cidrhost(var.services_cidr, 0))
    error_message = "Write it like 10.24.0.0/20."
  }
}

variable "managed_services_cidr" {
  description = "Addresses of Cloud SQL."
  type        = string
  default     = "10.25.0.0/20"

  validation {
    condition     = can(cidrhost(var.managed_services_cidr, 0)) && tonumber(split("/", var.managed_services_cidr)[1]) <= 24
    error_message = "Write it like 10.25.0.0/20, of /24 or larger."
  }
}

variable "control_plane_cidr" {
  description = "Addresses of the cluster's control plane: a /28 that nothing else has."
  type        = string
  default     = "172.16.0.0/28"

  validation {
    condition     = can(cidrhost(var.control_plane_cidr, 0)) && endswith(var.control_plane_cidr, "/28")
    error_message = "Write it like 172.16.0.0/28; it must be a /28."
  }
}

# The cluster.

variable "release_channel" {
  description = "How soon GKE upgrades the cluster: RAPID, REGULAR or STABLE."
  type        = string
  default     = "REGULAR"

  validation {
    condition     = contains(["RAPID", "REGULAR", "STABLE"], var.release_channel)
    error_message = "The release channel is RAPID, REGULAR or STABLE."
  }
}

variable "maintenance_window" {
  description = "When GKE may upgrade: RFC 3339 times of a first window of at least four hours, and an RFC 5545 recurrence. GKE wants 48 hours in 32 days."
  type = object({
    start_time = string
    end_time   = string
    recurrence = string
  })
  default = {
    start_time = "2026-01-03T01:00:00Z"
    end_time   = "2026-01-03T09:00:00Z"
    recurrence = "FREQ=WEEKLY;BYDAY=SA,SU"
  }
}

variable "require_attestations" {
  description = "Whether only images that the build has attested, and `trusted_images`, may run."
  type        = bool
  default     = true
}

variable "trusted_images" {
  description = "Patterns of images of others that may run without attestation: Knative, the broker, the collector, the Auth Proxy."
  type        = list(string)
  default = [
    "gcr.io/cloud-sql-connectors/**",
    "gcr.io/knative-releases/**",
    "gke.gcr.io/**",
    "docker.io/envoyproxy/*",
    "docker.io/otel/*",
    "docker.io/rabbitmqoperator/*",
    "quay.io/strimzi/**",
  ]
}

variable "pools" {
  description = <<-EOT
    Pools of nodes without GPUs, by name. `services` holds what is always there (Knative, the broker,
    catalog-write, portal); `parts` holds what comes and goes with uploads, on spot nodes.
    `min_nodes` and `max_nodes` count the whole pool.
  EOT
  type = map(object({
    machine_type = string
    min_nodes    = number
    max_nodes    = number
    spot         = optional(bool, false)
    disk_type    = optional(string, "pd-balanced")
    disk_size_gb = optional(number, 50)
    zones        = optional(set(string))
    gpu          = optional(object({ type = string, count = number, driver = string }))
  }))
  default = {
    services = { machine_type = "e2-standard-4", min_nodes = 3, max_nodes = 9 }
    parts    = { machine_type = "n2d-standard-8", min_nodes = 0, max_nodes = 60, spot = true }
  }

  validation {
    condition     = anytrue([for pool in values(var.pools) : !pool.spot && pool.min_nodes > 0])
    error_message = "One pool must have nodes that are always there and not spot: the broker is on them."
  }

  validation {
    condition     = alltrue([for pool in values(var.pools) : pool.min_nodes >= 0 && pool.min_nodes <= pool.max_nodes && pool.gpu == null])
    error_message = "In each pool 0 <= min_nodes <= max_nodes; pools with GPUs stand in gpu_pools."
  }
}

variable "broker" {
  description = "Which broker builds deploy triggers for: a folder in triggers/overlays."
  type        = string
  default     = "kafka"

  validation {
    condition     = contains(["kafka", "rabbitmq"], var.broker)
    error_message = "The broker is kafka or rabbitmq."
  }
}

variable "uploads_delivery" {
  description = <<-EOT
    How uploads' events come: `push`, by way of the load balancer, or `pull`, by a pod of the cluster
    (triggers/sources/pubsub-pull, which builds deploy then), which nothing on the internet need reach.
  EOT
  type        = string
  default     = "push"

  validation {
    condition     = contains(["push", "pull"], var.uploads_delivery)
    error_message = "Uploads' events are pushed or pulled: push or pull."
  }
}

variable "gpu_pools" {
  description = <<-EOT
    Pools of nodes with GPUs, by name; each may be empty. `zones` are the region's zones that have
    them. L4s (g2 machines) have NVENC, which transcode wants; A100 and H100 have not. With one pool or
    more, the overlay gke-gpu is deployed.
  EOT
  type = map(object({
    machine_type = string
    max_nodes    = number
    zones        = set(string)
    min_nodes    = optional(number, 0)
    spot         = optional(bool, true)
    disk_type    = optional(string, "pd-balanced")
    disk_size_gb = optional(number, 100)
    # The images for cards want a driver from R580 on.
    gpu = optional(object({
      type   = optional(string, "nvidia-l4")
      count  = optional(number, 1)
      driver = optional(string, "LATEST")
    }), {})
  }))
  default = {}

  validation {
    condition     = alltrue([for pool in values(var.gpu_pools) : length(pool.zones) > 0 && pool.min_nodes >= 0 && pool.min_nodes <= pool.max_nodes])
    error_message = "Each GPU pool names its zones, and 0 <= min_nodes <= max_nodes."
  }

  validation {
    condition     = alltrue([for pool in values(var.gpu_pools) : contains(["DEFAULT", "LATEST"], pool.gpu.driver)])
    error_message = "The driver that GKE installs is DEFAULT or LATEST."
  }

  validation {
    condition     = alltrue([for pool in values(var.gpu_pools) : startswith(pool.machine_type, "g2-") == (pool.gpu.type == "nvidia-l4")])
    error_message = "L4s are in g2 machines, and nothing else is."
  }
}

# Buckets.

variable "uploads_cold_after_days" {
  description = "Days after which an upload moves to Coldline, where keeping it is cheap and processing it again is not; null for never."
  type        = number
  default     = 30

  validation {
    condition     = var.uploads_cold_after_days == null ? true : var.uploads_cold_after_days >= 1
    error_message = "At least one day, or null."
  }
}

variable "uploads_retention_days" {
  description = "Days for which nobody, the portal included, can delete an upload; 0 for none."
  type        = number
  default     = 0

  validation {
    condition     = var.uploads_retention_days >= 0
    error_message = "A number of days, or 0."
  }
}

# Keys.

variable "key_protection_level" {
  description = "SOFTWARE or HSM."
  type        = string
  default     = "SOFTWARE"

  validation {
    condition     = contains(["SOFTWARE", "HSM"], var.key_protection_level)
    error_message = "The protection level is SOFTWARE or HSM."
  }
}

variable "key_rotation_days" {
  description = "Days after which new data is encrypted under a new version of each Cloud KMS key."
  type        = number
  default     = 90

  validation {
    condition     = var.key_rotation_days >= 1
    error_message = "Cloud KMS rotates at most once a day."
  }
}

# The catalog.

variable "database" {
  description = "The catalog's machine, disk and backups. 16 connections for each process of catalog-write, encrypt-package and portal."
  type = object({
    tier              = optional(string, "db-custom-2-7680")
    high_availability = optional(bool, true)
    disk_size_gb      = optional(number, 20)
    disk_limit_gb     = optional(number, 500)
    max_connections   = optional(number, 500)
    backup_location   = optional(string)
    retained_backups  = optional(number, 30)
  })
  default = {}

  validation {
    condition     = can(regex("^db-(custom-[0-9]+-[0-9]+|f1-micro|g1-small)$", var.database.tier))
    error_message = "The tier is db-custom-<vCPUs>-<MiB>, or db-f1-micro or db-g1-small to try it."
  }

  validation {
    condition     = var.database.disk_limit_gb >= var.database.disk_size_gb
    error_message = "The disk has a limit, and begins below it: 0, for none, would let nobody know when it is full."
  }
}

# The edge.

variable "domain" {
  description = "Domain below which portal., media. and events. are made."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+\\.)+[a-z]{2,}$", var.domain))
    error_message = "A domain such as video.example.com, without a dot at the end."
  }
}

variable "dns_zone_name" {
  description = "Name of the Cloud DNS zone of the domain."
  type        = string
}

variable "create_dns_zone" {
  description = "Whether to make the zone; else it must be there."
  type        = bool
  default     = false
}

variable "iap_client" {
  description = "OAuth client of the identity-aware proxy, made by hand in the console, for people outside the organisation; null for one that Google manages, for people in it."
  type        = object({ id = string, secret = string })
  sensitive   = true
  default     = null
}

variable "portal_members" {
  description = "Who may use the portal: IAM members such as group:video@example.com."
  type        = list(string)

  validation {
    condition     = alltrue([for member in var.portal_members : can(regex("^(user|group|domain|serviceAccount|principalSet):", member))])
    error_message = "Name users, groups or domains. The portal has no accounts of its own: allUsers would let everybody delete titles and read keys."
  }
}

variable "gateway_endpoint_group" {
  description = "Name of the ingress gateway's network endpoint groups, as its Service is annotated."
  type        = string
  default     = "reeldrop-gateway"
}

variable "gateway_zones" {
  description = "Zones in which Kubernetes has made the gateway's endpoint groups: none at the first apply, see the README."
  type        = set(string)
  default     = []
}

variable "gateway_health" {
  description = "How to ask the ingress gateway's pods whether they are ready. The default is Kourier's."
  type        = object({ port = number, path = string, host = string })
  default     = { port = 8081, path = "/ready", host = "internalkourier" }
}

variable "requests_per_minute" {
  description = "Requests that one address may send a minute to the portal or to bucket-source."
  type        = number
  default     = 6000
}

# The build.

variable "source_repository" {
  description = "Connected repository and a regular expression of the branch that Cloud Build builds; null for no trigger."
  type        = object({ id = string, branch = string })
  default     = null
}

variable "require_build_approval" {
  description = "Whether a person must approve each build, which deploys."
  type        = bool
  default     = false
}

# Alerts and money.

variable "alert_mail_addresses" {
  description = "Who is told of alerts that only Google sees; without any, they are seen in the console only."
  type        = list(string)
  default     = []
}

variable "budget" {
  description = "What a month may cost before people are told, in whole units of the billing account's currency; null for no budget."
  type = object({
    billing_account = string
    monthly_amount  = number
    currency        = optional(string)
    mail_addresses  = optional(list(string), [])
  })
  default = null

  validation {
    condition     = var.budget == null ? true : can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account))
    error_message = "A billing account's id is written like 012345-6789AB-CDEF01."
  }
}
