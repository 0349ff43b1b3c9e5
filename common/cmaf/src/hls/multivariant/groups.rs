//! `EXT-X-MEDIA`: sound and captions that go with every variant (RFC 8216bis, section 4.4.6.1).

use std::collections::BTreeSet;

use reeldrop_events::CaptionKind;

use crate::hls::{KeyFormat, attributes::Attributes, text_file};
use crate::presentation::{Audio, TextTrack};

/// The group of captions.
pub(super) const TEXT: &str = "text";

/// What captions of speech are marked with, and those for whoever does not hear (RFC 8216bis, section
/// 4.4.6.1; Apple's authoring specification, 4.5).
const SPEECH: &str = "public.accessibility.transcribes-spoken-dialog";
const SPEECH_AND_SOUND: &str =
    "public.accessibility.transcribes-spoken-dialog,public.accessibility.describes-music-and-sound";

/// Sound that a player chooses one rendition of.
pub(super) struct Group<'a> {
    pub(super) id: String,
    pub(super) audio: Vec<&'a Audio>,
}

/// Groups that differ in codec and channels, where each has the same languages; else one of all,
/// since every group has to offer what the others do (section 4.4.6.1.1).
pub(super) fn of(audio: &[Audio]) -> Vec<Group<'_>> {
    let kind = |audio: &Audio| (codec(audio).to_owned(), audio.channels);
    let mut kinds: Vec<_> = audio.iter().map(kind).collect();
    kinds.dedup();
    let distinct: BTreeSet<_> = kinds.iter().cloned().collect();
    let classes: Vec<Vec<&Audio>> = distinct
        .iter()
        .map(|one| audio.iter().filter(|audio| kind(audio) == *one).collect())
        .collect();
    let languages = |class: &Vec<&Audio>| -> BTreeSet<String> {
        class.iter().map(|audio| audio.language.clone()).collect()
    };
    let alike = classes
        .windows(2)
        .all(|pair| matches!(pair, [a, b] if languages(a) == languages(b)));
    if classes.len() > 1 && alike {
        let groups = classes.into_iter().zip(distinct);
        return groups
            .map(|(audio, (codec, channels))| Group {
                id: format!("audio-{codec}-{channels}"),
                audio,
            })
            .collect();
    }
    let all = Group {
        id: "audio".to_owned(),
        audio: audio.iter().collect(),
    };
    if audio.is_empty() {
        Vec::new()
    } else {
        vec![all]
    }
}

/// The codec without its profile.
fn codec(audio: &Audio) -> &str {
    audio.track.codec.split('.').next().unwrap_or_default()
}

impl Group<'_> {
    pub(super) fn lines(&self, format: KeyFormat) -> Vec<String> {
        let mut names = BTreeSet::new();
        let mut languages = BTreeSet::new();
        // The default of all need not be in this group, but one of each group is.
        let default = self.audio.iter().position(|audio| audio.default);
        let default = default.unwrap_or(0);
        let audio = self.audio.iter().enumerate();
        let lines = audio.map(|(at, audio)| {
            // Names differ in a group, and only one of each language is picked by itself.
            let name = distinct(&mut names, &audio.label, "Audio");
            let first_of_language = languages.insert(audio.language.as_str());
            let is_default = at == default;
            let attributes = Attributes::default()
                .bare("TYPE", "AUDIO")
                .quoted("GROUP-ID", &self.id)
                .quoted("NAME", &name)
                .quoted("LANGUAGE", &audio.language)
                .bare("DEFAULT", yes_no(is_default))
                .bare("AUTOSELECT", yes_no(is_default || first_of_language))
                .quoted("CHANNELS", &audio.channels.to_string())
                .quoted(
                    "URI",
                    &format!("{}/{}", audio.track.name, format.media_file()),
                );
            format!("#EXT-X-MEDIA:{}", attributes.into_string())
        });
        lines.collect()
    }
}

pub(super) fn text_lines(tracks: &[TextTrack]) -> Vec<String> {
    let mut names = BTreeSet::new();
    let mut picked = BTreeSet::new();
    let lines = tracks.iter().map(|track| {
        // Of those that a player picks by itself each is for another case.
        let first = picked.insert((track.language.as_str(), track.kind));
        let attributes = Attributes::default()
            .bare("TYPE", "SUBTITLES")
            .quoted("GROUP-ID", TEXT)
            .quoted("NAME", &distinct(&mut names, &track.label, "Captions"))
            .quoted("LANGUAGE", &track.language)
            .bare("DEFAULT", yes_no(track.default))
            .bare("AUTOSELECT", yes_no(first || track.default))
            .bare("FORCED", yes_no(track.kind == CaptionKind::Forced));
        let attributes = match track.kind {
            CaptionKind::Full => attributes.quoted("CHARACTERISTICS", SPEECH),
            CaptionKind::Sdh => attributes.quoted("CHARACTERISTICS", SPEECH_AND_SOUND),
            CaptionKind::Forced => attributes,
        };
        let attributes = attributes.quoted("URI", &text_file(track));
        format!("#EXT-X-MEDIA:{}", attributes.into_string())
    });
    lines.collect()
}

fn distinct(names: &mut BTreeSet<String>, label: &str, unnamed: &str) -> String {
    let label = if label.trim().is_empty() {
        unnamed
    } else {
        label
    };
    let numbered = (2..).map(|number| format!("{label} {number}"));
    for name in std::iter::once(label.to_owned()).chain(numbered) {
        if names.insert(name.clone()) {
            return name;
        }
    }
    label.to_owned()
}

fn yes_no(value: bool) -> &'static str {
    if value { "YES" } else { "NO" }
}
