variable "project_id" {
  description = "Id of the project."
  type        = string
}

variable "project_number" {
  description = "Number of the project."
  type        = string
}

variable "name" {
  description = "What the budget's name begins with."
  type        = string
}

variable "billing_account" {
  description = "Id of the billing account."
  type        = string
}

variable "monthly_amount" {
  description = "Amount a month, in whole units of the currency."
  type        = number
}

variable "currency" {
  description = "ISO 4217 code of the billing account's currency; null for whichever it is."
  type        = string
}

variable "mail_addresses" {
  description = "Who is told; at most five. None means the billing account's administrators."
  type        = list(string)

  validation {
    condition     = length(var.mail_addresses) <= 5
    error_message = "A budget tells at most five channels."
  }
}
