output "emails" {
  description = "Service account of each function."
  value       = { for function, account in google_service_account.this : function => account.email }
}

output "members" {
  description = "IAM member of each function."
  value       = { for function, account in google_service_account.this : function => account.member }
}

output "database_users" {
  description = "Service accounts that may log in to the catalog, by function."
  value       = { for function in keys(local.database_users) : function => google_service_account.this[function].email }
}

output "master_key_readers" {
  description = "IAM members of the functions that unwrap content keys."
  value = {
    for function, needs in var.functions : function => google_service_account.this[function].member
    if needs.master_key
  }
}
