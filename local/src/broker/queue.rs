//! The queue on disk: events, and one row per event and route that is still owed.

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use redb::{Database, ReadableDatabase, ReadableTable, TableDefinition};

use super::{BrokerError, Event};

/// Events by sequence number.
const EVENTS: TableDefinition<u64, &[u8]> = TableDefinition::new("events");
/// Attempts made and time of the next (Unix milliseconds), by route and sequence number.
const DELIVERIES: TableDefinition<(&str, u64), (u32, u64)> = TableDefinition::new("deliveries");

/// How much of the file redb keeps in memory, bytes.
const CACHE_BYTES: usize = 8 << 20;
/// How much of undelivered events is kept in memory, so that they need not be read back, bytes.
const RECENT_BYTES: usize = 16 << 20;

/// One event that one route is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owed {
    /// Sequence number of the event: the age.
    pub(crate) seq: u64,
    /// Index of the route.
    pub(crate) route: usize,
    /// Attempts made.
    pub(crate) attempts: u32,
    /// When the next one is due, Unix milliseconds.
    pub(crate) due_ms: u64,
}

/// An event and the routes that it takes.
#[derive(Clone, Debug)]
pub(crate) struct Addressed {
    pub(crate) event: Arc<Event>,
    pub(crate) routes: Vec<usize>,
}

/// What an attempt changes.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// New events are owed.
    Accept(Vec<Addressed>),
    /// One is no longer owed; its answer or dead letter is, from the same moment.
    Done { owed: Owed, follow: Vec<Addressed> },
    /// One is due later; the row holds its attempts so far.
    Again(Owed),
}

/// The file.
pub(crate) struct Queue {
    database: Database,
    names: Vec<String>,
    recent: Mutex<Recent>,
}

#[derive(Default)]
struct Recent {
    events: HashMap<u64, Arc<Event>>,
    bytes: usize,
}

/// What the one writer knows: the next number, and how many routes each event is owed to.
#[derive(Default)]
pub(crate) struct Ledger {
    next: u64,
    owed: HashMap<u64, usize>,
}

impl Queue {
    /// Opens or makes the file; gives what is still owed to the routes of these names.
    pub(crate) fn open(
        path: &Path,
        names: Vec<String>,
    ) -> Result<(Self, Ledger, Vec<Owed>), BrokerError> {
        let database = Database::builder()
            .set_cache_size(CACHE_BYTES)
            .create(path)?;
        let queue = Self {
            database,
            names,
            recent: Mutex::default(),
        };
        let (ledger, owed) = queue.load()?;
        Ok((queue, ledger, owed))
    }

    /// Reads all that is owed, and forgets what belongs to Triggers that are gone.
    fn load(&self) -> Result<(Ledger, Vec<Owed>), BrokerError> {
        let mut ledger = Ledger::default();
        let mut all = Vec::new();
        let transaction = self.database.begin_write()?;
        {
            let mut events = transaction.open_table(EVENTS)?;
            let mut deliveries = transaction.open_table(DELIVERIES)?;
            ledger.next = events.last()?.map_or(0, |(seq, _)| seq.value() + 1);
            deliveries.retain(|(name, seq), (attempts, due_ms)| {
                let Some(route) = self.names.iter().position(|known| known == name) else {
                    tracing::warn!(
                        trigger = name,
                        "forgetting an event of a trigger that is gone"
                    );
                    return false;
                };
                all.push(Owed {
                    seq,
                    route,
                    attempts,
                    due_ms,
                });
                *ledger.owed.entry(seq).or_default() += 1;
                true
            })?;
            events.retain(|seq, _| ledger.owed.contains_key(&seq))?;
        }
        transaction.commit()?;
        all.sort_unstable();
        Ok((ledger, all))
    }

    /// Makes changes, all or none, and says what is newly owed once they are on the disk.
    pub(crate) fn commit(
        &self,
        ledger: &mut Ledger,
        changes: &[&Change],
    ) -> Result<Vec<Owed>, BrokerError> {
        let mut draft = Draft {
            next: ledger.next,
            owed: HashMap::new(),
            new: Vec::new(),
        };
        let transaction = self.database.begin_write()?;
        {
            let mut events = transaction.open_table(EVENTS)?;
            let mut deliveries = transaction.open_table(DELIVERIES)?;
            let mut add = |draft: &mut Draft, addressed: &Addressed| -> Result<(), BrokerError> {
                let seq = draft.add(addressed);
                events.insert(seq, addressed.event.to_row().as_slice())?;
                for route in &addressed.routes {
                    deliveries.insert((self.names[*route].as_str(), seq), (0, 0))?;
                }
                Ok(())
            };
            for change in changes {
                if let Change::Accept(follow) | Change::Done { follow, .. } = change {
                    for addressed in follow {
                        add(&mut draft, addressed)?;
                    }
                }
            }
            for change in changes {
                match change {
                    Change::Accept(_) => {}
                    Change::Again(owed) => {
                        let name = self.names[owed.route].as_str();
                        deliveries.insert((name, owed.seq), (owed.attempts, owed.due_ms))?;
                    }
                    Change::Done { owed, .. } => {
                        deliveries.remove((self.names[owed.route].as_str(), owed.seq))?;
                        if draft.settle(ledger, owed.seq) == 0 {
                            events.remove(owed.seq)?;
                        }
                    }
                }
            }
        }
        transaction.commit()?;
        Ok(self.adopt(ledger, draft))
    }

    /// Takes over into memory what is now on the disk.
    fn adopt(&self, ledger: &mut Ledger, draft: Draft) -> Vec<Owed> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        for (seq, left) in draft.owed {
            if left == 0 {
                ledger.owed.remove(&seq);
                if let Some(event) = recent.events.remove(&seq) {
                    recent.bytes -= event.data.len();
                }
            } else {
                ledger.owed.insert(seq, left);
            }
        }
        ledger.next = draft.next;
        let mut owed = Vec::new();
        for (seq, addressed) in draft.new {
            if recent.bytes + addressed.event.data.len() <= RECENT_BYTES {
                recent.bytes += addressed.event.data.len();
                recent.events.insert(seq, addressed.event);
            }
            let of_route = |route| Owed {
                seq,
                route,
                attempts: 0,
                due_ms: 0,
            };
            owed.extend(addressed.routes.into_iter().map(of_route));
        }
        owed
    }

    /// Reads an event that is still owed.
    pub(crate) fn event(&self, seq: u64) -> Result<Option<Arc<Event>>, BrokerError> {
        let recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = recent.events.get(&seq) {
            return Ok(Some(event.clone()));
        }
        drop(recent);
        let events = self.database.begin_read()?.open_table(EVENTS)?;
        Ok(events
            .get(seq)?
            .and_then(|row| Event::from_row(row.value()))
            .map(Arc::new))
    }
}

/// What a transaction will have changed in memory, once it is on the disk.
struct Draft {
    next: u64,
    owed: HashMap<u64, usize>,
    new: Vec<(u64, Addressed)>,
}

impl Draft {
    fn add(&mut self, addressed: &Addressed) -> u64 {
        let seq = self.next;
        self.next += 1;
        self.owed.insert(seq, addressed.routes.len());
        self.new.push((seq, addressed.clone()));
        seq
    }

    /// Notes that one route less is owed the event; gives how many are left.
    fn settle(&mut self, ledger: &Ledger, seq: u64) -> usize {
        let before = ledger.owed.get(&seq).copied().unwrap_or(0);
        let left = self.owed.entry(seq).or_insert(before);
        *left = left.saturating_sub(1);
        *left
    }
}
