//! Ways to break a title that keeps every rule.

use reeldrop_tests::lint::Files;

use crate::right::STREAM;

/// Changes the text of a playlist, which must change.
pub(crate) fn edit(files: &mut Files, path: &str, change: impl Fn(&str) -> String) {
    let text = String::from_utf8(files[path].clone()).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed, "nothing of {path} is changed");
    files.insert(path.to_owned(), changed.into_bytes());
}

pub(crate) fn replace(files: &mut Files, path: &str, from: &str, to: &str) {
    edit(files, path, |text| text.replace(from, to));
}

/// Adds a line after the first.
pub(crate) fn add(files: &mut Files, path: &str, line: &str) {
    edit(files, path, |text| {
        text.replacen('\n', &format!("\n{line}\n"), 1)
    });
}

/// Takes an attribute out of each line with that tag.
pub(crate) fn without(files: &mut Files, tag: &str, name: &str) {
    edit(files, STREAM, |text| {
        let line = |line: &str| match line.strip_prefix(tag) {
            Some(list) => format!("{tag}{}", drop_attribute(list, name)),
            None => line.to_owned(),
        };
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    });
}

fn drop_attribute(list: &str, name: &str) -> String {
    let mut quoted = false;
    let parts = list.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    });
    let kept = parts.filter(|part| !part.starts_with(&format!("{name}=")));
    kept.collect::<Vec<_>>().join(",")
}

pub(crate) const VARIANT: &str = "#EXT-X-STREAM-INF:";
pub(crate) const I_FRAME: &str = "#EXT-X-I-FRAME-STREAM-INF:";
pub(crate) const MEDIA: &str = "#EXT-X-MEDIA:";
pub(crate) const IMAGES: &str = "#EXT-X-IMAGE-STREAM-INF:";
pub(crate) const SHEETS: &str = "storyboard.m3u8";

/// Multiplies a number that follows `name`.
pub(crate) fn scale(files: &mut Files, name: &str, factor: f64) {
    edit(files, STREAM, |text| {
        let mut parts = text.split(name);
        let mut changed = parts.next().unwrap().to_owned();
        for part in parts {
            let end = part.find(',').unwrap();
            let number: f64 = part[..end].parse().unwrap();
            changed += &format!("{name}{:.0}{}", number * factor, &part[end..]);
        }
        changed
    });
}

/// Turns the flags of the nth `tfhd` of key samples into those of others.
pub(crate) fn no_key(files: &mut Files, path: &str, nth: usize) {
    let segment = files.get_mut(path).unwrap();
    let flags = 0x0200_0000_u32.to_be_bytes();
    let at = segment
        .windows(4)
        .enumerate()
        .filter(|(_, four)| *four == flags);
    let at = at.map(|(at, _)| at).nth(nth).unwrap();
    segment[at..at + 4].copy_from_slice(&0x0101_0000_u32.to_be_bytes());
}
