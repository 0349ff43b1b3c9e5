//! Where the database is: it may hold a password, so a file is the better place for it.

use std::{env, fs};

use crate::CatalogError;

/// The address in the file that `REELDROP_DATABASE_URL_FILE` names, or in `REELDROP_DATABASE_URL`.
///
/// # Errors
/// [`CatalogError::NoUrl`] where neither is set, [`CatalogError::UrlFile`] where there is no such file.
pub fn database_url() -> Result<String, CatalogError> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    match set("REELDROP_DATABASE_URL_FILE") {
        Some(path) => in_file(path),
        None => set("REELDROP_DATABASE_URL").ok_or(CatalogError::NoUrl),
    }
}

fn in_file(path: String) -> Result<String, CatalogError> {
    match fs::read_to_string(&path) {
        // Editors and `kubectl create secret --from-file` keep the last line's end.
        Ok(text) => Ok(text.trim().to_owned()),
        Err(source) => Err(CatalogError::UrlFile { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_in_a_file_loses_its_line_end_and_a_missing_file_is_named() {
        let path = env::temp_dir().join(format!("reeldrop-url-{}", std::process::id()));
        fs::write(&path, "postgresql://catalog@db/reeldrop\n").unwrap();
        let read = in_file(path.display().to_string());
        fs::remove_file(&path).unwrap();
        assert_eq!(read.unwrap(), "postgresql://catalog@db/reeldrop");
        let error = in_file("/no/such/file".to_owned()).unwrap_err().to_string();
        assert!(error.contains("/no/such/file"), "{error}");
    }
}
