//! What a receiver would show of made-up streams; one pair of bytes for each picture of 30 a second.

use proptest::prelude::*;

use super::*;

/// With odd parity.
fn odd(byte: u8) -> u8 {
    byte | u8::from(byte.count_ones().is_multiple_of(2)) << 7
}

/// A stream being written.
#[derive(Default)]
struct Stream(Vec<(u64, [u8; 3])>);

impl Stream {
    /// When the next pair of this field is shown.
    fn now(&self) -> u64 {
        self.0.len() as u64 * 100 / 3
    }

    fn pair(&mut self, field: u8, pair: [u8; 2]) -> u64 {
        let now = self.now();
        self.0
            .push((now, [0xfc | field, odd(pair[0]), odd(pair[1])]));
        now
    }

    /// A command, twice as it is usual; when the first is shown.
    fn command(&mut self, field: u8, pair: [u8; 2]) -> u64 {
        let now = self.pair(field, pair);
        self.pair(field, pair);
        now
    }

    /// When the first and the last pair of the text are shown.
    fn text(&mut self, field: u8, text: &str) -> (u64, u64) {
        let times = text.as_bytes().chunks(2).map(|pair| {
            let second = pair.get(1).copied().unwrap_or(0);
            self.pair(field, [pair[0], second])
        });
        let times: Vec<u64> = times.collect();
        (times[0], times[times.len() - 1])
    }

    fn wait(&mut self, pictures: usize) {
        (0..pictures).for_each(|_| {
            self.pair(0, [0, 0]);
        });
    }

    fn decoded(&self) -> Vec<(Channel, Vec<Text>)> {
        let (mut decoder, mut padding) = (Decoder::default(), Padding::default());
        for (at, triplet) in &self.0 {
            decoder.picture(*at, &padding.strip(triplet));
        }
        decoder.finish(self.now()).unwrap()
    }

    /// The texts of CC1, which is all there is.
    fn cc1(&self) -> Vec<Text> {
        let mut decoded = self.decoded();
        assert_eq!(decoded.len(), 1, "{decoded:?}");
        assert_eq!(decoded[0].0, Channel::Line21(1));
        decoded.remove(0).1
    }
}

const RCL: [u8; 2] = [0x14, 0x20];
const BACKSPACE: [u8; 2] = [0x14, 0x21];
const RU2: [u8; 2] = [0x14, 0x25];
const RDC: [u8; 2] = [0x14, 0x29];
const TEXT_RESTART: [u8; 2] = [0x14, 0x2a];
const EDM: [u8; 2] = [0x14, 0x2c];
const CR: [u8; 2] = [0x14, 0x2d];
const ENM: [u8; 2] = [0x14, 0x2e];
const EOC: [u8; 2] = [0x14, 0x2f];
/// The rows 14 and 15, from their first column.
const ROW_14: [u8; 2] = [0x14, 0x50];
const ROW_15: [u8; 2] = [0x14, 0x70];

fn text(start: u64, end: u64, text: &str) -> Text {
    (start, end, text.to_owned())
}

#[test]
fn a_caption_that_pops_on_is_shown_from_its_flip_to_its_erasure() {
    let mut stream = Stream::default();
    stream.command(0, RCL);
    stream.command(0, ENM);
    stream.command(0, ROW_14);
    stream.text(0, "HELLO,");
    stream.command(0, ROW_15);
    stream.text(0, "WORLD!");
    let first = stream.command(0, EOC);
    stream.command(0, ENM);
    stream.command(0, ROW_15);
    stream.text(0, "SECOND");
    let second = stream.command(0, EOC);
    stream.wait(30);
    let erased = stream.command(0, EDM);
    stream.wait(30);
    let expected = [
        text(first, second, "HELLO,\nWORLD!"),
        text(second, erased, "SECOND"),
    ];
    assert_eq!(stream.cc1(), expected);
}

#[test]
fn lines_that_roll_up_come_once_each_from_their_first_letter_to_that_of_the_next() {
    let mut stream = Stream::default();
    let mut starts = Vec::new();
    for line in [">> FIRST LINE", "THE SECOND", "AND A THIRD"] {
        stream.command(0, RU2);
        stream.command(0, CR);
        stream.command(0, ROW_15);
        starts.push(stream.text(0, line).0);
        stream.wait(20);
    }
    let erased = stream.command(0, EDM);
    stream.wait(60);
    let expected = [
        text(starts[0], starts[1], ">> FIRST LINE"),
        text(starts[1], starts[2], "THE SECOND"),
        text(starts[2], erased, "AND A THIRD"),
    ];
    assert_eq!(stream.cc1(), expected);
}

#[test]
fn lines_that_roll_up_wherever_they_are_placed_leave_nothing_of_longer_ones() {
    let mut stream = Stream::default();
    // Row 13.
    let row = [0x13, 0x70];
    stream.command(0, RU2);
    let mut starts = Vec::new();
    for line in ["MUCH LONGER THAN", "THE NEXT"] {
        stream.command(0, CR);
        stream.command(0, row);
        starts.push(stream.text(0, line).0);
        stream.wait(10);
    }
    let erased = stream.command(0, EDM);
    let expected = [
        text(starts[0], starts[1], "MUCH LONGER THAN"),
        text(starts[1], erased, "THE NEXT"),
    ];
    assert_eq!(stream.cc1(), expected);
}

#[test]
fn a_caption_that_is_painted_is_one_until_another_is_painted_over_it() {
    let mut stream = Stream::default();
    stream.command(0, RDC);
    stream.command(0, ROW_14);
    let (first, _) = stream.text(0, "PAINTED");
    stream.command(0, ROW_15);
    stream.text(0, "ON TWO ROWS");
    stream.wait(10);
    let erased = stream.command(0, EDM);
    stream.command(0, ROW_15);
    let (second, _) = stream.text(0, "BELOW");
    let over = stream.command(0, ROW_15);
    let (third, _) = stream.text(0, "OVER");
    let end = stream.command(0, EDM);
    let expected = [
        text(first, erased, "PAINTED\nON TWO ROWS"),
        text(second, over, "BELOW"),
        text(third, end, "OVER"),
    ];
    assert_eq!(stream.cc1(), expected);
}

#[test]
fn letters_with_accents_take_the_place_of_those_without_and_mistakes_are_taken_back() {
    let mut stream = Stream::default();
    stream.command(0, RDC);
    stream.command(0, ROW_15);
    // The special eighth note, é as it is in the basic set, and Ä after its A.
    let start = stream.command(0, [0x11, 0x37]);
    stream.text(0, " caf\x5cX");
    stream.command(0, BACKSPACE);
    stream.text(0, " A");
    stream.command(0, [0x13, 0x30]);
    // In italics from here.
    stream.command(0, [0x11, 0x2e]);
    stream.text(0, "so");
    let end = stream.command(0, EDM);
    assert_eq!(stream.cc1(), [text(start, end, "♪ café Ä so")]);
}

#[test]
fn each_channel_says_its_own_and_programme_data_and_text_are_no_captions() {
    let mut stream = Stream::default();
    for (field, pair, line) in [
        (0, RDC, "ONE"),
        (0, [0x1c, 0x29], "TWO"),
        (1, [0x15, 0x29], "THREE"),
        (1, [0x1d, 0x29], "FOUR"),
    ] {
        stream.command(field, pair);
        stream.text(field, line);
    }
    // The name of the programme, between two commands of captions in its field.
    stream.pair(1, [0x01, 0x03]);
    stream.text(1, "A GREAT SHOW");
    stream.pair(1, [0x0f, 0x1d]);
    stream.command(1, [0x15, 0x29]);
    stream.text(1, "S");
    stream.command(0, TEXT_RESTART);
    stream.text(0, "STOCKS AND WEATHER");
    stream.wait(3);
    let said: Vec<(String, String)> = stream
        .decoded()
        .into_iter()
        .map(|(channel, texts)| (channel.label(), texts[0].2.clone()))
        .collect();
    let expected = [
        ("CC1", "ONE"),
        ("CC2", "TWO"),
        ("CC3", "THREES"),
        ("CC4", "FOUR"),
    ];
    assert_eq!(
        said,
        expected.map(|(channel, line)| (channel.to_owned(), line.to_owned()))
    );
}

#[test]
fn a_command_that_is_said_again_behind_padding_is_a_second_one() {
    let mut stream = Stream::default();
    stream.command(0, RDC);
    stream.command(0, ROW_15);
    let (start, _) = stream.text(0, "ABCD");
    // Not said twice, but two of them.
    stream.pair(0, BACKSPACE);
    stream.wait(3);
    stream.pair(0, BACKSPACE);
    let end = stream.command(0, EDM);
    assert_eq!(stream.cc1(), [text(start, end, "AB")]);
}

#[test]
fn what_nobody_erases_goes_after_a_while() {
    let mut stream = Stream::default();
    stream.command(0, RDC);
    let (start, _) = stream.text(0, "FOR EVER");
    stream.wait(3_000);
    assert_eq!(stream.cc1(), [text(start, start + 16_000, "FOR EVER")]);
}

/// A packet of a service, one pair in each picture; when the last is shown.
fn packet(stream: &mut Stream, service: u8, codes: &[u8]) -> u64 {
    let block = [&[service << 5 | codes.len() as u8], codes].concat();
    let pairs = (block.len() + 2) / 2;
    let mut bytes = vec![pairs as u8];
    bytes.extend(block);
    bytes.resize(2 * pairs, 0);
    for (at, pair) in bytes.chunks_exact(2).enumerate() {
        let kind = if at == 0 { 0xff } else { 0xfe };
        stream.0.push((stream.now(), [kind, pair[0], pair[1]]));
    }
    stream.now() - 34
}

/// Defines window 0 with two rows.
fn window(visible: bool) -> [u8; 7] {
    [0x98, if visible { 0x20 } else { 0 }, 74, 0, 0x71, 31, 0x11]
}

fn about(found: &[Text], expected: &[Text]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert_eq!(found.2, expected.2);
        assert!(found.0.abs_diff(expected.0) <= 34, "{found:?} {expected:?}");
        assert!(found.1.abs_diff(expected.1) <= 34, "{found:?} {expected:?}");
    }
}

#[test]
fn windows_pop_on_and_roll_up_and_services_are_told_apart() {
    let mut stream = Stream::default();
    packet(&mut stream, 1, &window(false));
    packet(&mut stream, 1, b"Written unseen,\rthen shown\xe9");
    // Displayed, and deleted.
    let first = packet(&mut stream, 1, &[0x89, 1]);
    stream.wait(30);
    let gone = packet(&mut stream, 1, &[0x8c, 1]);
    packet(&mut stream, 3, &window(true));
    let a = packet(&mut stream, 3, b"Uno");
    stream.wait(20);
    let b = packet(&mut stream, 3, b"\rDos");
    stream.wait(20);
    let end = packet(&mut stream, 3, &[0x88, 1]);
    let decoded = stream.decoded();
    let channels: Vec<Channel> = decoded.iter().map(|(channel, _)| *channel).collect();
    assert_eq!(channels, [Channel::Service(1), Channel::Service(3)]);
    about(
        &decoded[0].1,
        &[text(first, gone, "Written unseen,\nthen shown\u{e9}")],
    );
    about(&decoded[1].1, &[text(a, b, "Uno"), text(b, end, "Dos")]);
}

#[test]
fn a_service_that_says_what_line_21_says_is_left_out() {
    let mut stream = Stream::default();
    packet(&mut stream, 1, &window(true));
    packet(&mut stream, 1, b"Same");
    packet(&mut stream, 2, &window(true));
    packet(&mut stream, 2, b"Lo mismo");
    stream.command(0, RDC);
    stream.text(0, "SAME");
    stream.wait(3);
    let channels: Vec<String> = stream
        .decoded()
        .into_iter()
        .map(|(channel, _)| channel.label())
        .collect();
    assert_eq!(channels, ["CC1", "Service 2"]);
}

#[test]
fn more_text_than_anybody_says_is_an_error() {
    let mut decoder = Decoder::default();
    let mut at = 0;
    for _ in 0..200_000 {
        // A flip between two full rows is a caption of many letters in two bytes.
        if at < 100 {
            let mut stream = Stream::default();
            stream.command(0, RCL);
            stream.command(0, ROW_15);
            stream.text(0, "TWENTY-SIX LETTERS OR MORE");
            stream
                .0
                .iter()
                .for_each(|(_, triplet)| decoder.picture(at, triplet));
        }
        at += 100;
        decoder.picture(at, &[0xfc, odd(EOC[0]), odd(EOC[1])]);
        decoder.picture(at + 33, &[0xfc, 0x80, 0x80]);
    }
    assert_eq!(
        decoder.finish(at),
        Err(CaptionError::TooMuch { most: 1 << 20 })
    );
}

proptest! {
    /// Bytes that mean harm: garbage, and garbage behind good headers.
    #[test]
    fn whatever_comes_there_are_texts_in_time_or_none(
        kinds in prop::collection::vec(0xf8_u8..=0xff, 1..400),
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), Just(0x98), Just(0x14), Just(0x94), 0x20_u8..0x80], 800),
    ) {
        let mut decoder = Decoder::default();
        let mut padding = Padding::default();
        for (at, kind) in (0..).zip(&kinds) {
            let pair = &bytes[2 * at..2 * at + 2];
            let parity = if kind & 2 == 0 { [odd(pair[0] & 0x7f), odd(pair[1] & 0x7f)] } else { [pair[0], pair[1]] };
            decoder.picture(at as u64 * 33, &padding.strip(&[*kind, parity[0], parity[1], 0xfc]));
        }
        let end = kinds.len() as u64 * 33;
        for (_, texts) in decoder.finish(end).unwrap() {
            prop_assert!(texts.iter().all(|(from, to, text)| from < to && *to <= end && !text.is_empty()));
        }
    }
}
