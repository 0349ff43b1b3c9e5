//! The DASH manifest (ISO/IEC 23009-1), live profile, one period.
//!
//! While a title grows the manifest is `dynamic`, its segments coming faster than real time, and
//! `timeShiftBufferDepth` is absent: nothing ever leaves. `suggestedPresentationDelay` is the length
//! of what is there and a little more, so that players, which begin that much before the newest
//! segment's end, begin at 0. It is not longer than needed: Shaka Player never believes its playhead
//! to be nearer to that end than the delay, and would stop fetching. When everything is there the
//! manifest is `static`.

mod protection;
mod set;
mod sidecar;
mod timeline;

use std::io;

use quick_xml::{
    Writer,
    events::{BytesDecl, Event},
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::presentation::{Presentation, Span};

/// The element writer that all parts of the manifest share.
type Xml = Writer<Vec<u8>>;

/// What players begin before what is there: longer than it takes them from reading the manifest to
/// the first picture, and much shorter than what they buffer.
const DELAY_MARGIN_MICROS: u64 = 2_000_000;

/// An address that answers with the time as `xs:dateTime`.
const CLOCK: &str = "urn:mpeg:dash:utc:http-xsdate:2014";

/// How often players look for more.
const UPDATE_PERIOD: &str = "PT1S";

/// How much longer than its tracks a finished title is said to be. A browser says that it has ended some
/// milliseconds after its last picture: dash.js 5, which looks five times a second whether the stated end has
/// passed, would see it first now and then, stop there, and go back half a second.
const END_MARGIN_MICROS: u64 = 1_000;

/// What players need to have before they begin is at most this, and at most the first segment,
/// so that a short first segment is enough.
const MIN_BUFFER_MICROS: u64 = 2_000_000;

/// The wall-clock times that a growing manifest has to state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times<'a> {
    /// When the title's first instant counts as published: the same in every version of the manifest.
    pub available_from: OffsetDateTime,
    /// When what the manifest names came to be there.
    pub published: OffsetDateTime,
    /// Address that answers with the time as `xs:dateTime`; empty where there is none. Without it players
    /// with wrong clocks look for what is not there yet, or ask a server of somebody else's.
    pub clock: &'a str,
}

/// Writes the manifest, which lies beside the renditions' folders.
#[must_use]
#[expect(
    clippy::missing_panics_doc,
    clippy::expect_used,
    reason = "writing to memory cannot fail, and all that is written is text"
)]
pub fn mpd(presentation: &Presentation, times: &Times<'_>) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    write_mpd(&mut xml, presentation, times).expect("memory takes all that is written");
    let mut text = String::from_utf8(xml.into_inner()).expect("the manifest is text");
    text.push('\n');
    text
}

fn write_mpd(xml: &mut Xml, presentation: &Presentation, times: &Times<'_>) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let attributes = mpd_attributes(presentation, times);
    xml.create_element("MPD")
        .with_attributes(
            attributes
                .iter()
                .map(|(name, value)| (*name, value.as_str())),
        )
        .write_inner_content(|xml| {
            xml.create_element("Period")
                .with_attributes([("id", "0"), ("start", "PT0S")])
                .write_inner_content(|xml| set::write_all(xml, presentation))?;
            if !presentation.complete && !times.clock.is_empty() {
                // ISO/IEC 23009-1, 5.8.4.11.
                xml.create_element("UTCTiming")
                    .with_attributes([("schemeIdUri", CLOCK), ("value", times.clock)])
                    .write_empty()?;
            }
            Ok(())
        })?;
    Ok(())
}

fn mpd_attributes(presentation: &Presentation, times: &Times<'_>) -> Vec<(&'static str, String)> {
    let mut attributes = vec![
        ("xmlns", "urn:mpeg:dash:schema:mpd:2011".to_owned()),
        ("xmlns:cenc", "urn:mpeg:cenc:2013".to_owned()),
        ("xmlns:dashif", "https://dashif.org/CPS".to_owned()),
        (
            "profiles",
            "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019".to_owned(),
        ),
        ("minBufferTime", duration(min_buffer_micros(presentation))),
        (
            "maxSegmentDuration",
            format!("PT{}S", presentation.target_s()),
        ),
    ];
    if presentation.complete {
        attributes.push(("type", "static".to_owned()));
        let tracks = presentation
            .tracks()
            .map(|track| track.length().micros_up());
        let stated = tracks.max().unwrap_or_default() + END_MARGIN_MICROS;
        attributes.push(("mediaPresentationDuration", duration(stated)));
    } else {
        attributes.push(("type", "dynamic".to_owned()));
        attributes.push(("availabilityStartTime", date_time(times.available_from)));
        attributes.push(("publishTime", date_time(times.published)));
        attributes.push(("minimumUpdatePeriod", UPDATE_PERIOD.to_owned()));
        let delay = presentation.length().micros_up() + DELAY_MARGIN_MICROS;
        attributes.push(("suggestedPresentationDelay", duration(delay)));
    }
    attributes
}

fn min_buffer_micros(presentation: &Presentation) -> u64 {
    let first = |track: &crate::presentation::Track| {
        let segment = track.segments.first()?;
        Some(
            Span {
                ticks: segment.duration_ticks,
                timescale: track.timescale,
            }
            .micros(),
        )
    };
    let video = presentation
        .video
        .iter()
        .filter_map(|video| first(&video.track));
    video
        .chain([MIN_BUFFER_MICROS])
        .min()
        .unwrap_or(MIN_BUFFER_MICROS)
}

/// An `xs:duration` of whole microseconds.
fn duration(micros: u64) -> String {
    let fraction = format!("{:06}", micros % 1_000_000);
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("PT{}{point}{fraction}S", micros / 1_000_000)
}

#[expect(
    clippy::expect_used,
    reason = "years of four digits always have a form in RFC 3339"
)]
fn date_time(time: OffsetDateTime) -> String {
    time.format(&Rfc3339)
        .expect("a time of this age has a form")
}

#[cfg(test)]
mod tests;
