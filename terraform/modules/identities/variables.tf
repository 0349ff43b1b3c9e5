variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "prefix" {
  description = "What the accounts' ids begin with; with a function's name at most 30 characters."
  type        = string
}

variable "namespace" {
  description = "Kubernetes namespace of the functions."
  type        = string
}

variable "workload_pool" {
  description = "Pool of the identities of the cluster's pods."
  type        = string
}

variable "bucket_names" {
  description = "Names of the buckets by what they hold."
  type        = object({ uploads = string, work = string, media = string })
}

variable "functions" {
  description = "What each function needs: access to buckets, the catalog, signed addresses, traces."
  type = map(object({
    uploads        = optional(string, "none")
    work           = optional(string, "none")
    media          = optional(string, "none")
    database       = optional(bool, false)
    master_key     = optional(bool, false)
    signs_urls     = optional(bool, false)
    exports_traces = optional(bool, false)
  }))

  validation {
    condition = alltrue(flatten([
      for needs in values(var.functions) : [
        for access in [needs.uploads, needs.work, needs.media] : contains(["none", "read", "write"], access)
      ]
    ]))
    error_message = "Access to a bucket is none, read or write."
  }
}
