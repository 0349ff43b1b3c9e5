//! The strategy on a clock that the tests wind themselves.

use proptest::prelude::*;

use super::*;

const STEP_MS: u64 = 500;

/// A machine: what decoding the pictures and looking at them takes, milliseconds, one after the other.
struct Machine {
    decode_ms: Vec<u64>,
    look_ms: Vec<u64>,
    /// What looking took before.
    known_ms: Option<u64>,
}

/// What became of a part.
#[derive(Debug, Default)]
struct Became {
    /// When each picture that counts is shown, when somebody began to look and was done, milliseconds.
    looked: Vec<(u64, u64, u64)>,
    /// Looks that came too late.
    late: u32,
    dropped: u32,
    /// When it was over.
    end_ms: u64,
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl Machine {
    /// A part of so many pictures; each millisecond first decodes, then looks.
    fn part(&self, count: u64) -> Became {
        let mut recent = Recent::default();
        if let Some(known) = self.known_ms {
            recent.add(ms(known));
        }
        let mut pace = Realtime::new(recent, ms(count * STEP_MS), ms(STEP_MS));
        let (mut became, mut now) = (Became::default(), 0);
        let (mut decoding, mut decoded_at) = (0_u64, 0);
        let mut under: Option<(u64, u64)> = None;
        let (mut done_at, mut looks) = (0, 0);
        loop {
            while decoding < count && decoded_at <= now && pace.has_room(ms(now)) {
                nothing_is_behind(&pace, now);
                let at = decoding * STEP_MS;
                if pace.wants(ms(at), ms(now)) {
                    pace.add(ms(at), at, ms(now));
                }
                decoding += 1;
                let next = usize::try_from(decoding).unwrap() % self.decode_ms.len();
                decoded_at = now + self.decode_ms[next];
            }
            if let Some((at, since)) = under.take_if(|_| done_at <= now) {
                match pace.looked(ms(now)) {
                    true => became.looked.push((at, since, now)),
                    false => became.late += 1,
                }
            }
            let decoded = decoding == count;
            if under.is_none() {
                if !decoded && pace.is_over(ms(now)) {
                    break;
                }
                let waiting: Vec<u64> = pace.waiting.iter().map(|(_, at)| *at).collect();
                let given = pace.next(decoded, ms(now)).pop();
                nothing_is_behind(&pace, now);
                if let Some(at) = given {
                    newest_first(at, &waiting, &pace, now);
                    under = Some((at, now));
                    done_at = now + self.look_ms[looks % self.look_ms.len()];
                    looks += 1;
                } else if decoded && pace.is_empty() {
                    break;
                }
            }
            now += 1;
        }
        became.dropped = pace.dropped();
        became.end_ms = now;
        became
    }
}

/// Whoever asks the strategy, also while somebody looks: nothing waits any longer than it may.
fn nothing_is_behind(pace: &Realtime<u64>, now: u64) {
    let behind = pace
        .waiting
        .front()
        .map_or(0, |(_, at)| now.saturating_sub(*at));
    assert!(ms(behind) <= MOST_BEHIND, "{behind} ms behind at {now}");
}

/// Of what the clock has shown, the newest comes first; what is ahead of the clock waits for that.
fn newest_first(at: u64, waiting: &[u64], pace: &Realtime<u64>, now: u64) {
    let shown = |at: &&u64| **at <= now;
    let left: Vec<u64> = pace.waiting.iter().map(|(_, at)| *at).collect();
    match at <= now {
        true => assert_eq!(
            Some(&at),
            waiting.iter().filter(shown).max(),
            "at {now}: {waiting:?}"
        ),
        false => assert!(
            !left.iter().any(|left| *left <= now || *left < at),
            "{at} before {left:?} at {now}"
        ),
    }
}

fn steady(look_ms: u64) -> Machine {
    Machine {
        decode_ms: vec![5],
        look_ms: vec![look_ms],
        known_ms: Some(look_ms),
    }
}

#[test]
fn a_fast_machine_leaves_nothing_out_and_is_done_before_the_part_is() {
    for look_ms in [1, 40, 200, 450] {
        let became = steady(look_ms).part(40);
        assert_eq!(
            (became.looked.len(), became.dropped),
            (40, 0),
            "{look_ms} ms"
        );
        assert!(became.end_ms <= 40 * STEP_MS, "{became:?}");
        let order: Vec<u64> = became.looked.iter().map(|looked| looked.0).collect();
        assert!(order.is_sorted(), "{order:?}");
    }
}

#[test]
fn a_slow_machine_leaves_out_what_it_cannot_do_before_it_looks() {
    for (look_ms, least) in [(600, 30), (1_000, 18), (1_900, 9), (4_000, 4)] {
        let became = steady(look_ms).part(40);
        assert!(became.looked.len() >= least, "{look_ms} ms: {became:?}");
        assert_eq!(became.late, 0, "{look_ms} ms: {became:?}");
        assert_eq!(became.looked.len() as u32 + became.dropped, 40);
        assert!(
            ms(became.end_ms) <= ms(40 * STEP_MS) + MOST_BEHIND,
            "{became:?}"
        );
    }
}

#[test]
fn the_newest_picture_comes_first_and_older_ones_as_long_as_there_is_time() {
    let mut pace = Realtime::new(Recent::default(), ms(10_000), ms(STEP_MS));
    for at in [0, 500, 1_000, 1_500, 2_000] {
        assert!(pace.wants(ms(at), ms(1_600)));
        pace.add(ms(at), at, ms(1_600));
    }
    let mut order = Vec::new();
    for now in [1_600, 1_700, 2_100, 2_150, 2_600] {
        order.extend(pace.next(false, ms(now)));
        pace.looked(ms(now + 50));
    }
    // 0 has waited for more than two seconds by then.
    assert_eq!(order, [1_500, 1_000, 2_000, 500]);
    assert_eq!(pace.dropped(), 1);
}

#[test]
fn what_no_decoder_gives_in_time_is_left_out_at_the_parts_end() {
    let crawling = Machine {
        decode_ms: vec![1_000],
        ..steady(10)
    };
    let became = crawling.part(40);
    assert_eq!(
        became.looked.len() as u32 + became.dropped,
        40,
        "{became:?}"
    );
    assert!(became.end_ms <= 40 * STEP_MS + 2_001, "{became:?}");
}

#[test]
fn a_machine_that_was_slow_once_is_tried_again() {
    let mut look_ms = vec![40; 60];
    look_ms[3] = 9_000;
    let recovers = Machine {
        look_ms,
        ..steady(40)
    };
    let became = recovers.part(120);
    let last = became.looked.last().unwrap().0;
    assert!(last > 100 * STEP_MS, "{became:?}");
    assert_eq!(became.late, 1);
}

proptest! {
    #[test]
    fn never_more_than_two_seconds_behind_however_slow_or_erratic_the_machine(
        decode_ms in prop::collection::vec(0_u64..1_500, 1..8),
        look_ms in prop::collection::vec(1_u64..8_000, 1..8),
        known_ms in prop::option::of(0_u64..4_000),
        count in 1_u64..60,
    ) {
        let slowest = *look_ms.iter().max().unwrap();
        let became = Machine { decode_ms, look_ms, known_ms }.part(count);
        for (at, _, done) in &became.looked {
            prop_assert!(ms(*done) <= ms(*at) + MOST_BEHIND, "{at} at {done}");
        }
        prop_assert_eq!(became.looked.len() as u64 + u64::from(became.dropped), count);
        // A look that has begun cannot be broken off.
        prop_assert!(became.end_ms <= count * STEP_MS + 2_001 + slowest, "{:?}", became);
    }

    #[test]
    fn a_steady_machine_is_never_late(look_ms in 1_u64..2_000, count in 1_u64..60) {
        let became = steady(look_ms).part(count);
        prop_assert_eq!(became.late, 0);
        prop_assert!(!became.looked.is_empty());
    }
}
