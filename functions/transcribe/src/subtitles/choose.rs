//! Which subtitle tracks of a file become captions, and what they are called.

use std::collections::BTreeSet;

use reeldrop_captions::language;
use reeldrop_events::CaptionKind;
use reeldrop_media::text::TextTrack;

/// Most tracks of one file.
const MOST_TRACKS: usize = 64;

/// A track that captions are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chosen {
    pub(crate) track: u64,
    pub(crate) language: String,
    pub(crate) label: String,
    pub(crate) kind: CaptionKind,
}

/// One of each kind in each language, the one that the file means first. Where all that is said is there
/// for those only who do not hear, everybody gets it. What somebody says about a title is none.
pub(crate) fn choose(tracks: &[TextTrack]) -> Vec<Chosen> {
    let mut tracks: Vec<&TextTrack> = tracks
        .iter()
        .filter(|track| !is_commentary(track))
        .collect();
    tracks.sort_by_key(|track| (is_hearing_impaired(track), !track.default));
    let (mut taken, mut closed) = (BTreeSet::new(), BTreeSet::new());
    let mut chosen = Vec::new();
    for track in tracks.into_iter().take(MOST_TRACKS) {
        let language = language_of(track);
        // The same captions, in both of their forms.
        if track.format.is_closed() && !closed.insert(language.clone()) {
            continue;
        }
        let mut take = |kind: CaptionKind| taken.insert((language.clone(), kind));
        let kind = match (is_forced(track), is_hearing_impaired(track)) {
            (true, _) => take(CaptionKind::Forced).then_some(CaptionKind::Forced),
            (false, false) => take(CaptionKind::Full).then_some(CaptionKind::Full),
            (false, true) if take(CaptionKind::Full) => Some(CaptionKind::Full),
            (false, true) => take(CaptionKind::Sdh).then_some(CaptionKind::Sdh),
        };
        chosen.extend(kind.map(|kind| Chosen {
            track: track.id,
            label: label(track, &language),
            language,
            kind,
        }));
    }
    chosen
}

/// Muxers of old have no flags, and people write it into the name.
fn says(track: &TextTrack, words: &[&str]) -> bool {
    let name = track.name.as_deref().unwrap_or_default().to_lowercase();
    words.iter().any(|word| name.contains(word))
}

fn is_forced(track: &TextTrack) -> bool {
    track.forced || says(track, &["forced"])
}

fn is_hearing_impaired(track: &TextTrack) -> bool {
    track.hearing_impaired
        || track.format.is_closed()
        || says(track, &["sdh", "hearing", "closed caption"])
}

fn is_commentary(track: &TextTrack) -> bool {
    track.commentary || says(track, &["commentary"])
}

fn language_of(track: &TextTrack) -> String {
    let tag = language::tag(track.language.as_deref().unwrap_or("und"));
    match language::is_tag(&tag) {
        true => tag,
        false => "und".to_owned(),
    }
}

fn label(track: &TextTrack, language: &str) -> String {
    let name = language::label(language);
    match (is_forced(track), is_hearing_impaired(track)) {
        (true, _) => format!("{name} (forced)"),
        (false, true) => format!("{name} (SDH)"),
        (false, false) => name,
    }
}

#[cfg(test)]
mod tests {
    use reeldrop_media::text::TextFormat;

    use super::*;

    fn track(id: u64, language: &str, name: &str) -> TextTrack {
        TextTrack {
            id,
            format: TextFormat::Plain,
            language: Some(language.to_owned()),
            name: Some(name.to_owned()),
            default: false,
            forced: false,
            hearing_impaired: false,
            commentary: false,
        }
    }

    fn found(tracks: &[TextTrack]) -> Vec<(u64, String, CaptionKind)> {
        let chosen = choose(tracks).into_iter();
        let mut found: Vec<_> = chosen
            .map(|chosen| (chosen.track, chosen.label, chosen.kind))
            .collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn of_each_kind_there_is_one_in_a_language_and_its_label_says_which() {
        let default = TextTrack {
            default: true,
            ..track(2, "en", "")
        };
        let tracks = [
            track(1, "eng", "Full"),
            default,
            track(3, "en", "English SDH"),
            TextTrack {
                forced: true,
                ..track(4, "eng", "")
            },
            track(5, "eng", "Director's Commentary"),
            track(6, "ger", "Forced"),
            track(7, "xx/../y", ""),
        ];
        let expected = [
            (2, "English", CaptionKind::Full),
            (3, "English (SDH)", CaptionKind::Sdh),
            (4, "English (forced)", CaptionKind::Forced),
            (6, "Deutsch (forced)", CaptionKind::Forced),
            (7, "Captions", CaptionKind::Full),
        ];
        assert_eq!(
            found(&tracks),
            expected.map(|(id, label, kind)| (id, label.to_owned(), kind))
        );
    }

    #[test]
    fn closed_captions_are_for_who_does_not_hear_where_there_are_others() {
        let closed = TextTrack {
            format: TextFormat::Cea608,
            default: true,
            ..track(1, "en", "")
        };
        let again = TextTrack {
            format: TextFormat::Cea708,
            ..track(3, "en", "")
        };
        let tracks = [closed, track(2, "en", ""), again];
        let expected = [
            (1, "English (SDH)".to_owned(), CaptionKind::Sdh),
            (2, "English".to_owned(), CaptionKind::Full),
        ];
        assert_eq!(found(&tracks), expected);
    }

    #[test]
    fn captions_for_who_does_not_hear_are_for_all_where_there_are_no_others() {
        let sdh = TextTrack {
            hearing_impaired: true,
            ..track(1, "en", "")
        };
        let expected = (1, "English (SDH)".to_owned(), CaptionKind::Full);
        assert_eq!(found(&[sdh]), [expected]);
    }
}
