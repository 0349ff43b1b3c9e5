//! Languages by their BCP 47 tag: their own name, and how PostgreSQL searches them.

/// Tag, ISO 639-2 codes, own name, text search configuration.
type Known = (
    &'static str,
    &'static [&'static str],
    &'static str,
    &'static str,
);

const SIMPLE: &str = "simple";

const LANGUAGES: &[Known] = &[
    ("ar", &["ara"], "العربية", "arabic"),
    ("ca", &["cat"], "Català", "catalan"),
    ("cs", &["ces", "cze"], "Čeština", SIMPLE),
    ("da", &["dan"], "Dansk", "danish"),
    ("de", &["deu", "ger"], "Deutsch", "german"),
    ("el", &["ell", "gre"], "Ελληνικά", "greek"),
    ("en", &["eng"], "English", "english"),
    ("es", &["spa"], "Español", "spanish"),
    ("fi", &["fin"], "Suomi", "finnish"),
    ("fr", &["fra", "fre"], "Français", "french"),
    ("he", &["heb"], "עברית", SIMPLE),
    ("hi", &["hin"], "हिन्दी", "hindi"),
    ("hu", &["hun"], "Magyar", "hungarian"),
    ("id", &["ind"], "Bahasa Indonesia", "indonesian"),
    ("it", &["ita"], "Italiano", "italian"),
    ("ja", &["jpn"], "日本語", SIMPLE),
    ("ko", &["kor"], "한국어", SIMPLE),
    ("nl", &["nld", "dut"], "Nederlands", "dutch"),
    ("no", &["nor", "nob"], "Norsk", "norwegian"),
    ("pl", &["pol"], "Polski", SIMPLE),
    ("pt", &["por"], "Português", "portuguese"),
    ("ro", &["ron", "rum"], "Română", "romanian"),
    ("ru", &["rus"], "Русский", "russian"),
    ("sv", &["swe"], "Svenska", "swedish"),
    ("tr", &["tur"], "Türkçe", "turkish"),
    ("uk", &["ukr"], "Українська", SIMPLE),
    ("zh", &["zho", "chi"], "中文", SIMPLE),
];

fn known(tag: &str) -> Option<&'static Known> {
    let primary = tag.split(['-', '_']).next()?.to_ascii_lowercase();
    LANGUAGES
        .iter()
        .find(|(short, long, ..)| *short == primary || long.contains(&primary.as_str()))
}

/// A language's name in itself, or its tag.
#[must_use]
pub fn label(tag: &str) -> String {
    match known(tag) {
        Some((_, _, name, _)) => (*name).to_owned(),
        None if tag == "und" => "Captions".to_owned(),
        None => tag.to_owned(),
    }
}

/// The short tag of a language, where it is known by another code.
#[must_use]
pub fn tag(code: &str) -> String {
    let region = code.split_once(['-', '_']).map(|(_, region)| region);
    match (known(code), region) {
        (Some((short, ..)), None) => (*short).to_owned(),
        (Some((short, ..)), Some(region)) => format!("{short}-{region}"),
        (None, _) => code.to_owned(),
    }
}

/// Whether a text can be a BCP 47 tag (RFC 5646): letters and digits in short groups.
#[must_use]
pub fn is_tag(text: &str) -> bool {
    let group = |group: &str| {
        (1..=8).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let primary = text.split('-').next().unwrap_or_default();
    text.len() <= 35
        && (2..=3).contains(&primary.len())
        && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
        && text.split('-').all(group)
}

/// PostgreSQL's text search configuration for a language.
#[must_use]
pub fn search_configuration(tag: &str) -> &'static str {
    known(tag).map_or(SIMPLE, |(.., configuration)| configuration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_every_code() {
        assert_eq!(
            (label("de-AT"), label("eng")),
            ("Deutsch".into(), "English".into())
        );
        assert_eq!(
            (tag("ger"), tag("pt-BR"), tag("xx")),
            ("de".into(), "pt-BR".into(), "xx".into())
        );
        assert_eq!(
            (search_configuration("en"), search_configuration("ja")),
            ("english", "simple")
        );
    }

    #[test]
    fn a_tag_is_told_from_a_path() {
        assert!(is_tag("en") && is_tag("zh-Hant-TW"));
        assert!(
            !is_tag("") && !is_tag("../en") && !is_tag("e") && !is_tag("en_US") && !is_tag("en-")
        );
    }
}
