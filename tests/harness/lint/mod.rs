//! A linter of HLS: Apple's authoring specification, each rule by its number there.
//!
//! It shares no code with the writers but the reader of boxes. What it cannot judge from files it
//! leaves out; how playlists are delivered it is told.

mod delivery;
mod images;
mod keys;
mod media;
mod multivariant;
mod pictures;
mod playlist;
mod rates;
mod rendition;
mod segments;
mod text;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use images::jpeg_size;
use playlist::{Attributes, Multivariant};
use rendition::{Rendition, resolve};
use text::Text;

/// Published files by their path.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How badly a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The specification says MUST.
    Must,
    /// The specification says SHOULD.
    Should,
}

/// A rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Number in Apple's authoring specification, or section of RFC 8216bis.
    pub rule: &'static str,
    /// How much it matters.
    pub weight: Weight,
    /// What is wrong, and where.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.weight, self.rule, self.what)
    }
}

/// A title as its multivariant playlist names it.
struct Title<'a> {
    path: String,
    files: &'a Files,
    encodings: Option<&'a BTreeMap<String, String>>,
    multivariant: Multivariant,
    variants: Vec<(Attributes, Rendition)>,
    audio: Vec<(Attributes, Rendition)>,
    i_frames: Vec<(Attributes, Rendition)>,
    text: Vec<(Attributes, Text)>,
    playlists: BTreeSet<String>,
}

type Findings = Vec<Finding>;

fn must(rule: &'static str, what: impl Into<String>) -> Finding {
    Finding {
        rule,
        weight: Weight::Must,
        what: what.into(),
    }
}

fn should(rule: &'static str, what: impl Into<String>) -> Finding {
    Finding {
        weight: Weight::Should,
        ..must(rule, what)
    }
}

/// Every rule that the title breaks, in the order of their numbers.
///
/// `encodings` says for each playlist that was fetched with which content encoding it came.
#[must_use]
pub fn lint(
    files: &Files,
    multivariant: &str,
    encodings: Option<&BTreeMap<String, String>>,
) -> Findings {
    let mut findings = Findings::new();
    let Some(title) = Title::read(files, multivariant, encodings, &mut findings) else {
        return vec![must("RFC 4.1", format!("{multivariant} is not there"))];
    };
    for rules in [
        segments::judge,
        rates::judge,
        pictures::judge,
        images::judge,
        keys::judge,
        multivariant::judge,
        text::judge,
        delivery::judge,
    ] {
        rules(&title, &mut findings);
    }
    findings.sort_by(|a, b| key(a).cmp(&key(b)));
    findings.dedup();
    findings
}

fn key(finding: &Finding) -> (Vec<u32>, &Finding) {
    let numbers = finding
        .rule
        .split('.')
        .map(|part| part.parse().unwrap_or(u32::MAX));
    (numbers.collect(), finding)
}

/// The captions that a multivariant playlist names.
fn texts(
    files: &Files,
    multivariant: &str,
    of: &Multivariant,
    playlists: &mut BTreeSet<String>,
    findings: &mut Findings,
) -> Vec<(Attributes, Text)> {
    let mut texts = Vec::new();
    let is_text = |media: &&Attributes| media.get("TYPE").is_some_and(|kind| kind == "SUBTITLES");
    for media in of.media.iter().filter(is_text) {
        let Some(uri) = media.get("URI") else {
            continue;
        };
        let path = resolve(multivariant, uri);
        playlists.insert(path.clone());
        match Text::read(files, &path) {
            Some(text) => texts.push((media.clone(), text)),
            None => findings.push(must(
                "RFC 4.3",
                format!("{path} or its text cannot be read"),
            )),
        }
    }
    texts
}

impl<'a> Title<'a> {
    fn read(
        files: &'a Files,
        path: &str,
        encodings: Option<&'a BTreeMap<String, String>>,
        findings: &mut Findings,
    ) -> Option<Self> {
        let text = String::from_utf8_lossy(files.get(path)?).into_owned();
        let multivariant = Multivariant::read(&text);
        let mut playlists = BTreeSet::from([path.to_owned()]);
        let mut read = |uri: &str| {
            let path = resolve(path, uri);
            playlists.insert(path.clone());
            let found = Rendition::read(files, &path);
            if found.is_none() {
                findings.push(must(
                    "RFC 4.3",
                    format!("{path} or its media cannot be read"),
                ));
            }
            found
        };
        let mut variants = Vec::new();
        for (attributes, uri) in &multivariant.variants {
            variants.extend(read(uri).map(|found| (attributes.clone(), found)));
        }
        let of_uri = |list: &[Attributes], read: &mut dyn FnMut(&str) -> Option<Rendition>| {
            let mut found = Vec::new();
            for attributes in list {
                let rendition = attributes.get("URI").and_then(|uri| read(uri));
                found.extend(rendition.map(|rendition| (attributes.clone(), rendition)));
            }
            found
        };
        let mut sound = multivariant.media.clone();
        sound.retain(|media| media.get("TYPE").is_some_and(|kind| kind == "AUDIO"));
        let audio = of_uri(&sound, &mut read);
        let i_frames = of_uri(&multivariant.i_frames, &mut read);
        let text = texts(files, path, &multivariant, &mut playlists, findings);
        let images = multivariant.images.iter();
        let images = images.filter_map(|images| Some(resolve(path, images.get("URI")?)));
        playlists.extend(images);
        Some(Self {
            path: path.to_owned(),
            files,
            encodings,
            multivariant,
            variants,
            audio,
            i_frames,
            text,
            playlists,
        })
    }

    /// Picture and sound, without key frames.
    fn renditions(&self) -> impl Iterator<Item = &Rendition> {
        self.variants
            .iter()
            .chain(&self.audio)
            .map(|(_, found)| found)
    }

    /// The sound that goes with a variant.
    fn sound(&self, variant: &Attributes) -> impl Iterator<Item = &Rendition> {
        let group = variant.get("AUDIO").cloned();
        self.audio
            .iter()
            .filter(move |(audio, _)| group.is_some() && audio.get("GROUP-ID") == group.as_ref())
            .map(|(_, found)| found)
    }
}
