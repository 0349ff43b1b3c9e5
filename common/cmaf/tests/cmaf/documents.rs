//! Damaged CPIX documents: errors, never a panic, and what is read is written and read again.

use crate::tracks::Random;
use reeldrop_cmaf::cpix;

/// A key server's answer with key systems and rules.
const ANSWER: &str = include_str!("../../src/cpix/tests/answer.xml");

/// What is put into it, besides pieces of its own.
const PIECES: [&str; 16] = [
    "<",
    "/>",
    "\"",
    "&#x41;",
    "&#10;",
    "&amp;lt;",
    "&x;",
    "<!DOCTYPE x>",
    "<![CDATA[",
    "<a>",
    "</cpix:ContentKeyUsageRule>",
    "<cpix:LabelFilter label=\"a&#10;b &quot;&lt;&#9;\"/>",
    "<cpix:VideoFilter minPixels=\"18446744073709551615\" hdr=\"1\"/>",
    "<cpix:AudioFilter minChannels=\"2\"/>",
    " intendedTrackType=\"SD+&#x2B;\"",
    "\u{feff}é",
];

fn damaged(random: &mut Random) -> String {
    let mut text = ANSWER.to_owned();
    for _ in 0..=random.below(3) {
        let place = |random: &mut Random, text: &str| {
            let at = random.below(text.len() as u64 + 1) as usize;
            (0..=at)
                .rev()
                .find(|at| text.is_char_boundary(*at))
                .unwrap()
        };
        let (one, other) = (place(random, &text), place(random, &text));
        let (start, end) = (one.min(other), one.max(other));
        match random.below(5) {
            0 => text.truncate(start),
            1 => text.replace_range(start..end, ""),
            2 => {
                let piece = text[start..end].to_owned();
                text.insert_str(end, &piece);
            }
            _ => text.insert_str(start, PIECES[random.below(16) as usize]),
        }
    }
    text
}

#[test]
fn damaged_documents_never_panic_and_what_is_read_is_written() {
    let mut random = Random(3);
    let mut read = 0;
    for _ in 0..4_000 {
        let text = damaged(&mut random);
        let Ok(document) = cpix::read(&text) else {
            continue;
        };
        read += 1;
        let written = cpix::write(&document);
        let again = cpix::read(&written).expect(&written);
        assert_eq!(again.keys, document.keys, "{text}");
        assert_eq!(again.rules, document.rules, "{text}");
        assert_eq!(again.systems.len(), document.systems.len(), "{text}");
    }
    assert!(read > 100, "{read} documents were read");
}
