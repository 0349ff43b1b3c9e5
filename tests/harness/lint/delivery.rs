//! Rule 10.1: how playlists come over the line.

use super::{Findings, Title, must};

pub(super) fn judge(title: &Title<'_>, findings: &mut Findings) {
    let Some(encodings) = title.encodings else {
        return;
    };
    for path in &title.playlists {
        let encoding = encodings.get(path).map_or("none", String::as_str);
        if encoding != "gzip" {
            findings.push(must("10.1", format!("{path}: content encoding {encoding}")));
        }
    }
}
