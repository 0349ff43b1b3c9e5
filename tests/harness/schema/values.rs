//! Types of attributes and texts.

use super::rules::Type::{self, *};

pub(super) fn fits(value: &str, kind: Type) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    match kind {
        Text => true,
        // xs:anyURI takes nearly all; a space is never meant.
        Uri | NoSpace => !value.is_empty() && !value.chars().any(char::is_whitespace),
        UnsignedInt => digits(value) && value.parse::<u32>().is_ok(),
        UnsignedLong => digits(value) && value.parse::<u64>().is_ok(),
        Integer => value.parse::<i64>().is_ok(),
        Boolean => ["true", "false", "0", "1"].contains(&value),
        BooleanOrNumber => fits(value, Boolean) || fits(value, UnsignedInt),
        Duration => is_duration(value),
        DateTime => is_date_time(value),
        Language => value.split('-').enumerate().all(|(at, part)| {
            let right = |c: char| c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
            (1..=8).contains(&part.len()) && part.chars().all(right)
        }),
        Ratio => value
            .split_once(':')
            .is_some_and(|(a, b)| digits(a) && digits(b)),
        FrameRate => match value.split_once('/') {
            Some((num, den)) => digits(num) && digits(den) && !den.starts_with('0'),
            None => digits(value),
        },
        Range => value.split_once('-').is_some_and(|(from, to)| {
            let ends = from.parse::<u64>().ok().zip(to.parse::<u64>().ok());
            ends.is_some_and(|(from, to)| from <= to)
        }),
        One(words) => words.contains(&value),
    }
}

/// The part of `xs:duration` without years and months: `PT1H2M3.5S`.
fn is_duration(value: &str) -> bool {
    let Some(mut rest) = value.strip_prefix("PT").filter(|rest| !rest.is_empty()) else {
        return false;
    };
    for unit in ['H', 'M', 'S'] {
        if let Some((number, after)) = rest.split_once(unit) {
            let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
            if !digits(whole) || !digits(fraction) || (unit != 'S' && number.contains('.')) {
                return false;
            }
            rest = after;
        }
    }
    rest.is_empty()
}

/// `2026-11-20T10:01:02.5Z`.
fn is_date_time(value: &str) -> bool {
    let shape: String = value
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    let Some(rest) = shape.strip_prefix("0000-00-00T00:00:00") else {
        return false;
    };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) if fraction.starts_with('0') => fraction.trim_start_matches('0'),
        Some(_) => return false,
        None => rest,
    };
    zone.is_empty() || zone == "Z" || ["+00:00", "-00:00"].contains(&zone)
}
