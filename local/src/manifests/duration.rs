//! Times as Knative writes them.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error};

/// An ISO 8601 duration of days and smaller units, such as `PT0.2S`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IsoDuration(pub Duration);

impl IsoDuration {
    /// Reads `P[nD]T[nH][nM][n[.f]S]`; `None` where the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('P')?;
        let (days, times) = match rest.split_once('T') {
            Some((days, times)) => (days, Some(times)),
            None => (rest, None),
        };
        if days.is_empty() && times.is_none_or(str::is_empty) {
            return None;
        }
        let mut seconds = 0.0;
        let mut left = sum(days, &[('D', 86_400.0)], &mut seconds)?;
        if let Some(times) = times {
            left = sum(
                times,
                &[('H', 3_600.0), ('M', 60.0), ('S', 1.0)],
                &mut seconds,
            )?;
        }
        if !left.is_empty() {
            return None;
        }
        Duration::try_from_secs_f64(seconds).ok().map(Self)
    }
}

/// Adds up the numbers before the designators, in their order, and gives back what is left.
fn sum<'a>(mut text: &'a str, units: &[(char, f64)], seconds: &mut f64) -> Option<&'a str> {
    for (unit, factor) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            let number: f64 = number.parse().ok()?;
            *seconds += number * factor;
            text = rest;
        }
    }
    Some(text)
}

impl<'de> Deserialize<'de> for IsoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| {
            D::Error::custom(format!(
                "`{text}` is not an ISO 8601 duration such as PT0.2S"
            ))
        })
    }
}

/// A Go duration of one unit as the autoscaling annotations have it, such as `30s` or `5m`.
pub(super) fn parse_go_duration(text: &str) -> Option<Duration> {
    let unit = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(unit);
    let factor = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * factor).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_durations_are_read_and_go_durations_refused() {
        let ms = |text| IsoDuration::parse(text).map(|d| d.0.as_millis());
        assert_eq!(ms("PT0.2S"), Some(200));
        assert_eq!(ms("PT1M30S"), Some(90_000));
        assert_eq!(ms("P1DT1H"), Some(90_000_000));
        for wrong in ["200ms", "P", "PT", "PTS", "PT5", "1S", "PT-1S", "PT1S1M"] {
            assert_eq!(ms(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn go_durations_are_read() {
        assert_eq!(parse_go_duration("30s"), Some(Duration::from_secs(30)));
        assert_eq!(parse_go_duration("1.5m"), Some(Duration::from_secs(90)));
        assert_eq!(parse_go_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_go_duration("PT1S"), None);
    }
}
