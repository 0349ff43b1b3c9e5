//! Names of uploaded objects: `{upload}/{file name}`.

use uuid::Uuid;

use crate::Error;

/// Bytes of a file name, at most: with the upload's id in front it fits S3 (1,024) and most file systems (255 a part).
const MAX_NAME_BYTES: usize = 255;

/// The object that a file of this name becomes.
pub(crate) fn of(upload: Uuid, file: &str) -> Result<String, Error> {
    Ok(format!("{upload}/{}", file_name(file)?))
}

/// Whether the object belongs to the upload.
pub(crate) fn belongs(object: &str, upload: Uuid) -> bool {
    object.starts_with(&prefix(upload))
}

/// What the names of the upload's objects begin with.
pub(crate) fn prefix(upload: Uuid) -> String {
    format!("{upload}/")
}

/// The last part of a path, as some browsers and clients send one.
fn file_name(file: &str) -> Result<&str, Error> {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file).trim();
    let unusable = matches!(name, "" | "." | "..") || name.chars().any(char::is_control);
    if unusable {
        return Err(Error::invalid(
            "The file has no usable name.",
            "Send the file's name in `name`.",
        ));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(Error::invalid(
            format!("The file's name is longer than {MAX_NAME_BYTES} bytes."),
            "Send a shorter name.",
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_unicode_name_is_kept_and_folders_are_dropped() {
        let upload = Uuid::nil();
        for (file, name) in [
            ("Grüße + 100 %.MOV", "Grüße + 100 %.MOV"),
            ("C:\\films\\a \"b\".mp4", "a \"b\".mp4"),
            ("../../etc/clip.mp4", "clip.mp4"),
        ] {
            let object = of(upload, file).unwrap();
            assert_eq!(object, format!("{upload}/{name}"));
            assert!(belongs(&object, upload));
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for file in ["", "..", "folder/", "a\nb.mp4", &"x".repeat(256)] {
            assert!(of(Uuid::nil(), file).is_err(), "{file:?}");
        }
    }
}
