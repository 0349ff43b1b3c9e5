//! Tells how the work stands, from the catalog: what no function sees alone.
//!
//! Every process of the function asks the same database and says the same, so that a reader takes any
//! one of them (`max`, not `sum`), and nothing is lost when a process ends.

use std::{collections::HashMap, time::Duration};

use metrics::{Label, gauge};
use reeldrop_catalog::Catalog;

use crate::Error;

/// As often as Prometheus asks, and not much more.
const PAUSE: Duration = Duration::from_secs(15);

/// A gauge whose values a statement gives: the labels' values, and the value.
struct Gauge {
    name: &'static str,
    labels: &'static [&'static str],
    sql: &'static str,
}

const GAUGES: [Gauge; 8] = [
    // Ready titles are the many; the rest is what a person may have to look at.
    Gauge {
        name: "reeldrop_titles",
        labels: &["state"],
        sql: "select array[s.state], count(a.id)::float8
              from unnest(array['received', 'processing', 'playable', 'failed', 'rejected']) s(state)
              left join assets a on a.state = s.state and a.deleted_at is null group by 1",
    },
    // Parts that a function has still to do: the length of its queue, whichever broker holds it.
    // Further packages are encrypted from the first one, and not transcoded.
    Gauge {
        name: "reeldrop_parts_waiting",
        labels: &["step"],
        sql: "select array[s.step], count(w.step)::float8
              from unnest(array['transcode', 'encrypt-package']) s(step)
              left join waiting_parts w on w.step = s.step group by 1",
    },
    Gauge {
        name: "reeldrop_parts_oldest_waiting_seconds",
        labels: &["step"],
        sql: "select array[s.step],
                     coalesce(extract(epoch from now() - min(w.since)), 0)::float8
              from unnest(array['transcode', 'encrypt-package']) s(step)
              left join waiting_parts w on w.step = s.step group by 1",
    },
    Gauge {
        name: "reeldrop_outbox_oldest_seconds",
        labels: &[],
        sql: "select array[]::text[],
                     coalesce(extract(epoch from now() - min(created_at)), 0)::float8 from outbox",
    },
    Gauge {
        name: "reeldrop_dead_letters",
        labels: &["step"],
        sql: "select array[coalesce(s.step, d.step)], count(d.step)::float8
              from unnest(array['probe', 'transcode', 'encrypt-package', 'thumbnail', 'catalog-write']) s(step)
              full join dead_letters d on d.step = s.step group by coalesce(s.step, d.step)",
    },
    // Of the last five minutes: the length of what was encrypted, of one video rendition of each title.
    Gauge {
        name: "reeldrop_video_minutes_per_minute",
        labels: &[],
        sql: "select array[]::text[],
                     coalesce(sum(s.duration_ticks::float8 / r.timescale), 0)::float8 / 60 / 5
              from parts p
              join lateral (
                  select name, timescale from renditions
                  where asset = p.asset and package = p.package and kind = 'video'
                  order by name limit 1
              ) r on true
              join segments s on s.asset = p.asset and s.package = p.package
                  and s.rendition = r.name and s.number >= p.first_segment and s.number < p.end_segment
              where p.kind = 'chunk' and p.package = 1 and p.state = 'packaged'
                and p.packaged_at > now() - interval '5 minutes'",
    },
    // Of the titles of the last hour, by their length, from the first word of the upload.
    Gauge {
        name: "reeldrop_time_to_playable_seconds",
        labels: &["length", "quantile"],
        sql: "select array[length, quantile], seconds from title_times('playable')",
    },
    Gauge {
        name: "reeldrop_time_to_ready_seconds",
        labels: &["length", "quantile"],
        sql: "select array[length, quantile], seconds from title_times('ready')",
    },
];

/// Sets the gauges again and again, for as long as the process lives.
pub(crate) async fn watch(catalog: Catalog) {
    let mut gauges = Watch::default();
    loop {
        // A catalog out of reach shows in the failed events already; the gauges then stand still.
        if let Err(error) = gauges.update(&catalog).await {
            tracing::warn!("the catalog could not be watched: {error}");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The gauges of the catalog, by name and labels. One that was told of and is no more becomes NaN.
#[derive(Debug, Default)]
pub struct Watch(HashMap<(&'static str, Vec<String>), f64>);

impl Watch {
    /// Reads all gauges from the catalog and sets them.
    ///
    /// # Errors
    /// Where the catalog cannot be read; nothing is set then.
    pub async fn update(&mut self, catalog: &Catalog) -> Result<(), Error> {
        let connection = catalog.connection().await?;
        self.0.values_mut().for_each(|value| *value = f64::NAN);
        for source in &GAUGES {
            let statement = connection.prepare_cached(source.sql).await?;
            for row in connection.query(&statement, &[]).await? {
                self.0.insert((source.name, row.get(0)), row.get(1));
            }
        }
        self.tell();
        Ok(())
    }

    fn tell(&self) {
        for ((name, values), value) in &self.0 {
            let names = GAUGES.iter().find(|gauge| gauge.name == *name);
            let names = names.map_or(&[][..], |gauge| gauge.labels);
            let labels: Vec<Label> = names
                .iter()
                .zip(values)
                .map(|(name, value)| Label::new(*name, value.clone()))
                .collect();
            gauge!(*name, labels).set(*value);
        }
    }
}
