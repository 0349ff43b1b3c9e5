output "instance_name" {
  description = "Name of the instance."
  value       = google_sql_database_instance.this.name
}

output "connection_name" {
  description = "What the Auth Proxy connects to: project:region:instance."
  value       = google_sql_database_instance.this.connection_name
}

output "urls" {
  description = "REELDROP_DATABASE_URL of each function, by way of the Auth Proxy beside it. They hold no password."
  value = {
    for function, user in google_sql_user.function :
    function => "postgres://${urlencode(user.name)}@127.0.0.1:5432/${google_sql_database.catalog.name}"
  }
}
