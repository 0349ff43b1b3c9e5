variable "project_id" {
  description = "Id of the project that everything is made in."
  type        = string
}
