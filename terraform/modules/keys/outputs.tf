output "key_ids" {
  description = "The encryption keys by purpose, once their agents may use them."
  value       = { for purpose, key in google_kms_crypto_key.this : purpose => key.id }
  depends_on  = [google_kms_crypto_key_iam_member.agent]
}

output "attestor_key_id" {
  description = "The key that signs attestations."
  value       = google_kms_crypto_key.attestor.id
}

output "attestor_key_version" {
  description = "The version in use of the key that signs attestations."
  value       = data.google_kms_crypto_key_version.attestor.name
}

output "attestor_key_version_id" {
  description = "The same, as Binary Authorization names it."
  value       = data.google_kms_crypto_key_version.attestor.id
}

output "attestor_public_key" {
  description = "Its public half."
  value = {
    pem       = data.google_kms_crypto_key_version.attestor.public_key[0].pem
    algorithm = data.google_kms_crypto_key_version.attestor.public_key[0].algorithm
  }
}
