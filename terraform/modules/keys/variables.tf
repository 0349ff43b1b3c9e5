variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}

variable "name" {
  description = "Name of the key ring. It can never be used again, not even after `terraform destroy`."
  type        = string
}

variable "region" {
  description = "Location of the keys: that of what they encrypt."
  type        = string
}

variable "protection_level" {
  description = "SOFTWARE or HSM."
  type        = string

  validation {
    condition     = contains(["SOFTWARE", "HSM"], var.protection_level)
    error_message = "The protection level is SOFTWARE or HSM."
  }
}

variable "rotation_days" {
  description = "Days after which new data is encrypted under a new version. Older versions stay usable."
  type        = number
}

variable "agents" {
  description = "IAM members of the agents that use the keys."
  type = object({
    cluster  = string
    database = string
    events   = string
    registry = string
    secrets  = string
    storage  = string
  })
}
