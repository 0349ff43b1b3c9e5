//! Schedules of PingSources: the five fields of cron, in UTC.

use time::{Duration, OffsetDateTime};

/// Which minutes a schedule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether both days and weekdays are restricted: then either is enough, as cron has it.
    either_day: bool,
}

impl Schedule {
    /// Reads `minute hour day month weekday`, each `*`, numbers, ranges, lists and steps.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let [minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return None;
        };
        let weekday_set = set(weekdays, 0, 7)?;
        Some(Self {
            minutes: set(minutes, 0, 59)?,
            hours: set(hours, 0, 23)?,
            days: set(days, 1, 31)?,
            months: set(months, 1, 12)?,
            // Sunday is both 0 and 7.
            weekdays: weekday_set | (weekday_set >> 7),
            either_day: !days.starts_with('*') && !weekdays.starts_with('*'),
        })
    }

    /// The first full minute after `now` that the schedule names; `None` where there is none in
    /// four years (such as 30 February).
    #[must_use]
    pub fn next(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let mut at = now.replace_second(0).ok()?.replace_nanosecond(0).ok()? + Duration::MINUTE;
        let end = at + Duration::days(4 * 366);
        while at < end {
            if !self.names_day(at) {
                at = (at + Duration::DAY).replace_time(time::Time::MIDNIGHT);
            } else if !has(self.hours, at.hour()) || !has(self.minutes, at.minute()) {
                at += Duration::MINUTE;
            } else {
                return Some(at);
            }
        }
        None
    }

    fn names_day(&self, at: OffsetDateTime) -> bool {
        let day = has(self.days, at.day());
        let weekday = has(self.weekdays, at.weekday().number_days_from_sunday());
        let fits = if self.either_day {
            day || weekday
        } else {
            day && weekday
        };
        fits && has(self.months, u8::from(at.month()))
    }
}

fn has(set: u64, number: u8) -> bool {
    set & (1 << number) != 0
}

/// One field as a set of bits.
fn set(field: &str, low: u32, high: u32) -> Option<u64> {
    let mut bits = 0;
    for item in field.split(',') {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (
                range,
                Some(step.parse::<usize>().ok().filter(|step| *step > 0)?),
            ),
            None => (item, None),
        };
        let (from, to) = match range.split_once('-') {
            Some((from, to)) => (from.parse().ok()?, to.parse().ok()?),
            None if range == "*" => (low, high),
            None => {
                let from = range.parse().ok()?;
                (from, if step.is_some() { high } else { from })
            }
        };
        if from < low || to > high || from > to {
            return None;
        }
        for number in (from..=to).step_by(step.unwrap_or(1)) {
            bits |= 1 << number;
        }
    }
    Some(bits)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn next(schedule: &str, now: OffsetDateTime) -> Option<OffsetDateTime> {
        Schedule::parse(schedule).unwrap().next(now)
    }

    #[test]
    fn next_minute_of_a_schedule() {
        let now = datetime!(2026-11-30 23:58:30 UTC);
        assert_eq!(
            next("* * * * *", now),
            Some(datetime!(2026-11-30 23:59 UTC))
        );
        assert_eq!(
            next("*/5 * * * *", now),
            Some(datetime!(2026-12-01 00:00 UTC))
        );
        assert_eq!(
            next("15,45 3-4 * * *", now),
            Some(datetime!(2026-12-01 03:15 UTC))
        );
        assert_eq!(
            next("0 0 29 2 *", now),
            Some(datetime!(2028-02-29 00:00 UTC))
        );
        assert_eq!(
            next("0 0 * * 7", now),
            Some(datetime!(2026-12-06 00:00 UTC))
        );
        assert_eq!(next("0 0 30 2 *", now), None);
    }

    #[test]
    fn either_of_day_and_weekday_is_enough_where_both_are_given() {
        let now = datetime!(2026-11-30 00:00 UTC);
        assert_eq!(
            next("0 0 15 * 3", now),
            Some(datetime!(2026-12-02 00:00 UTC))
        );
    }

    #[test]
    fn what_is_no_schedule_is_refused() {
        for wrong in [
            "",
            "* * * *",
            "60 * * * *",
            "* * 0 * *",
            "*/0 * * * *",
            "a * * * *",
            "5-1 * * * *",
        ] {
            assert_eq!(Schedule::parse(wrong), None, "{wrong}");
        }
    }
}
