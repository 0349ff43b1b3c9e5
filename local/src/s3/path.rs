//! Object names as file names: the same text, but for what a file system reads otherwise.

use std::path::{Path, PathBuf};

/// The longest name of a file or folder, bytes.
const NAME_LIMIT: usize = 255;

/// The path of an object below its bucket's folder; `None` where no file can have the name.
pub(super) fn of_key(key: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for name in key.split('/') {
        let name = match name {
            "" => "%".to_owned(),
            "." => "%2E".to_owned(),
            ".." => "%2E%2E".to_owned(),
            // So that nothing else can look like the names above.
            name if name.starts_with('%') => format!("%25{}", &name[1..]),
            name => name.to_owned(),
        };
        if name.len() > NAME_LIMIT || name.contains('\0') {
            return None;
        }
        path.push(name);
    }
    Some(path)
}

/// The name of the object at this path below its bucket's folder; `None` where it is not Unicode.
pub(super) fn to_key(path: &Path) -> Option<String> {
    let mut key = String::new();
    for name in path.components() {
        if !key.is_empty() || name.as_os_str() == "%" {
            key.push('/');
        }
        match name.as_os_str().to_str()? {
            "%" => {}
            "%2E" => key.push('.'),
            "%2E%2E" => key.push_str(".."),
            name => match name.strip_prefix("%25") {
                Some(rest) => {
                    key.push('%');
                    key.push_str(rest);
                }
                None => key.push_str(name),
            },
        }
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back_and_never_leave_the_folder() {
        let keys = [
            "a",
            "a/b.MP4",
            "Ünï cödé + 100% \"q\".mov",
            "%",
            "%2E",
            "%25x",
            "%%",
            "a/../../b",
            "./a",
            "..",
            "a//b",
            "a/",
            "%/x",
            "a/%2E%2E/b",
            "日本語/映画.mkv",
        ];
        for key in keys {
            let path = of_key(key).unwrap();
            let is_plain = |part| matches!(part, std::path::Component::Normal(_));
            assert!(path.components().all(is_plain), "{key}: {}", path.display());
            assert_eq!(to_key(&path).as_deref(), Some(key), "{}", path.display());
        }
        assert_eq!(of_key(&"x".repeat(256)), None);
        assert_eq!(of_key("a\0b"), None);
    }
}
