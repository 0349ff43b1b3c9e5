//! The pods of one function: how many there are, what waits for them, what they cost.

use std::collections::VecDeque;

use crate::simulation::Job;

/// How a function scales: from its manifest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Requests that a pod takes at a time.
    pub(crate) concurrency: usize,
    pub(crate) least: usize,
    pub(crate) most: usize,
    /// Pods when the first request comes.
    pub(crate) at_start: usize,
}

/// The pods of one function.
#[derive(Debug)]
pub(crate) struct Pods {
    scale: Scale,
    pub(crate) ready: usize,
    pub(crate) starting: usize,
    pub(crate) busy: usize,
    pub(crate) waiting: VecDeque<Job>,
    pub(crate) longest_queue: usize,
    /// Milliseconds of all pods' lives.
    pub(crate) pod_ms: f64,
    seen_ms: f64,
    /// Pods wanted at the last looks.
    wanted: VecDeque<usize>,
}

impl Pods {
    pub(crate) fn new(scale: Scale) -> Self {
        Self {
            scale,
            ready: scale.least,
            starting: 0,
            busy: 0,
            waiting: VecDeque::new(),
            longest_queue: 0,
            pod_ms: 0.0,
            seen_ms: 0.0,
            wanted: VecDeque::new(),
        }
    }

    /// Counts the pods' lives up to now.
    pub(crate) fn live(&mut self, now_ms: f64) {
        self.pod_ms += (now_ms - self.seen_ms) * (self.ready + self.starting) as f64;
        self.seen_ms = now_ms;
    }

    /// Puts a job in the queue.
    pub(crate) fn queue(&mut self, job: Job) {
        self.waiting.push_back(job);
        self.longest_queue = self.longest_queue.max(self.waiting.len());
    }

    /// The next job, where a pod has room for it.
    pub(crate) fn take(&mut self) -> Option<Job> {
        if self.busy >= self.ready * self.scale.concurrency {
            return None;
        }
        let job = self.waiting.pop_front()?;
        self.busy += 1;
        Some(job)
    }

    /// How many more pods are wanted now; from none, at once, as many as its manifest says.
    pub(crate) fn missing(&self, is_look: bool) -> usize {
        let there = self.ready + self.starting;
        let requests = self.busy + self.waiting.len();
        let wanted = requests.div_ceil(self.scale.concurrency);
        let wanted = match (there, is_look) {
            (0, _) => wanted.min(1).max(self.scale.at_start.min(requests)),
            (_, true) => wanted,
            (_, false) => there,
        };
        wanted.min(self.scale.most).saturating_sub(there)
    }

    /// Pods that were not wanted at any of the last `looks` looks go.
    pub(crate) fn shrink(&mut self, looks: usize) {
        let requests = self.busy + self.waiting.len();
        self.wanted
            .push_back(requests.div_ceil(self.scale.concurrency));
        while self.wanted.len() > looks {
            self.wanted.pop_front();
        }
        let most = self.wanted.iter().copied().max().unwrap_or(0);
        if self.wanted.len() == looks {
            self.ready = self.ready.min(most.max(self.scale.least));
        }
    }
}
