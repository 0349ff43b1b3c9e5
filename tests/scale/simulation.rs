//! Uploads through the chain, event by event.

use std::{cmp::Ordering, collections::BinaryHeap};

use serde::Deserialize;

use crate::{
    pods::{Pods, Scale},
    work::{FUNCTIONS, Function, Work},
};

/// How long pods without work stay, milliseconds: their manifests' scale-down delay.
const STAY_MS: f64 = 30_000.0;

/// The cluster's limits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cluster {
    pub(crate) hop_ms: f64,
    pub(crate) broker_events_per_s: f64,
    pub(crate) pod_start_ms: f64,
    pub(crate) node_start_ms: f64,
    pub(crate) warm_pods: usize,
    pub(crate) scale_every_ms: f64,
    pub(crate) core_hour_usd: f64,
    pub(crate) transcode_cores: f64,
}

/// One step of one upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) upload: usize,
    pub(crate) step: Step,
}

/// A step; numbers are those of the chunk or part of sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Announce,
    Probe,
    Chunk(usize),
    Sound(usize),
    PackChunk(usize),
    PackSound(usize),
    /// The catalog notes an event that nothing follows from.
    Note,
    /// The catalog notes a packaged chunk or part of sound, and what follows.
    JoinChunk(usize),
    JoinSound(usize),
    Publish {
        is_last: bool,
    },
    Pictures,
    JoinPictures,
}

impl Step {
    fn function(self) -> Function {
        match self {
            Self::Announce => Function::BucketSource,
            Self::Probe => Function::Probe,
            Self::Chunk(_) | Self::Sound(_) => Function::Transcode,
            Self::PackChunk(_) | Self::PackSound(_) | Self::Publish { .. } => {
                Function::EncryptPackage
            }
            Self::Note | Self::JoinChunk(_) | Self::JoinSound(_) | Self::JoinPictures => {
                Function::CatalogWrite
            }
            Self::Pictures => Function::Thumbnail,
        }
    }
}

/// When an upload came, and what of it is done.
#[derive(Clone, Debug)]
struct Upload {
    at_ms: f64,
    chunks: Vec<bool>,
    sound: Vec<bool>,
    run: usize,
    is_published: bool,
    has_pictures: bool,
    playable_ms: Option<f64>,
    ready_ms: Option<f64>,
}

/// Seconds from drop to playable and to ready, by upload, and what it took.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) playable_s: Vec<f64>,
    pub(crate) ready_s: Vec<f64>,
    /// Hours of transcode pods, working or not.
    pub(crate) transcode_pod_h: f64,
    pub(crate) longest_queue: usize,
}

#[derive(Clone, Copy, Debug)]
enum Happening {
    Arrives(Job),
    Done(Job),
    PodReady(Function),
    Look,
}

struct At(f64, u64, Happening);

impl PartialEq for At {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for At {}
impl PartialOrd for At {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for At {
    /// The earliest first, and what was said first first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.total_cmp(&self.0).then(other.1.cmp(&self.1))
    }
}

/// All that goes on.
pub(crate) struct Simulation<'a> {
    cluster: &'a Cluster,
    work: &'a Work,
    pods: Vec<Pods>,
    uploads: Vec<Upload>,
    agenda: BinaryHeap<At>,
    number: u64,
    now_ms: f64,
    broker_free_ms: f64,
    unfinished: usize,
}

impl<'a> Simulation<'a> {
    /// Uploads at these times, milliseconds, all with the same work.
    pub(crate) fn new(
        cluster: &'a Cluster,
        work: &'a Work,
        scales: &dyn Fn(Function) -> Scale,
        uploads_ms: &[f64],
    ) -> Self {
        let upload = |at_ms: &f64| Upload {
            at_ms: *at_ms,
            chunks: vec![false; work.chunks.len()],
            sound: vec![false; work.sound.len()],
            run: 0,
            is_published: false,
            has_pictures: false,
            playable_ms: None,
            ready_ms: None,
        };
        let mut simulation = Self {
            cluster,
            work,
            pods: FUNCTIONS
                .iter()
                .map(|function| Pods::new(scales(*function)))
                .collect(),
            uploads: uploads_ms.iter().map(upload).collect(),
            agenda: BinaryHeap::new(),
            number: 0,
            now_ms: 0.0,
            broker_free_ms: 0.0,
            unfinished: uploads_ms.len(),
        };
        for (upload, at_ms) in uploads_ms.iter().enumerate() {
            let job = Job {
                upload,
                step: Step::Announce,
            };
            simulation.at(*at_ms, Happening::Arrives(job));
        }
        simulation.at(0.0, Happening::Look);
        simulation
    }

    /// Runs until every upload is ready.
    pub(crate) fn run(mut self) -> Outcome {
        while self.unfinished > 0 {
            let Some(At(at_ms, _, happening)) = self.agenda.pop() else {
                break;
            };
            self.now_ms = at_ms;
            match happening {
                Happening::Arrives(job) => self.arrives(job),
                Happening::Done(job) => self.done(job),
                Happening::PodReady(function) => self.pod_ready(function),
                Happening::Look => self.look(),
            }
        }
        self.outcome()
    }

    fn outcome(mut self) -> Outcome {
        let now_ms = self.now_ms;
        let transcode = &mut self.pods[Function::Transcode as usize];
        transcode.live(now_ms);
        // What is still there stays for its delay.
        let pod_ms = transcode.pod_ms + transcode.ready as f64 * STAY_MS;
        let seconds = |of: fn(&Upload) -> Option<f64>| {
            let since = |upload: &Upload| Some((of(upload)? - upload.at_ms) / 1_000.0);
            let mut all: Vec<f64> = self.uploads.iter().filter_map(since).collect();
            all.sort_by(f64::total_cmp);
            all
        };
        Outcome {
            playable_s: seconds(|upload| upload.playable_ms),
            ready_s: seconds(|upload| upload.ready_ms),
            transcode_pod_h: pod_ms / 3_600_000.0,
            longest_queue: transcode.longest_queue,
        }
    }

    fn at(&mut self, at_ms: f64, happening: Happening) {
        self.number += 1;
        self.agenda.push(At(at_ms, self.number, happening));
    }

    /// An event through the broker: it takes one after the other, then each has its way to go.
    fn publish(&mut self, upload: usize, step: Step) {
        let taken_ms =
            self.broker_free_ms.max(self.now_ms) + 1_000.0 / self.cluster.broker_events_per_s;
        self.broker_free_ms = taken_ms;
        self.at(
            taken_ms + self.cluster.hop_ms,
            Happening::Arrives(Job { upload, step }),
        );
    }

    fn arrives(&mut self, job: Job) {
        let function = job.step.function();
        self.pods[function as usize].queue(job);
        self.grow(function, false);
        self.begin(function);
    }

    fn begin(&mut self, function: Function) {
        while let Some(job) = self.pods[function as usize].take() {
            let takes_ms = self.takes_ms(job.step);
            self.at(self.now_ms + takes_ms, Happening::Done(job));
        }
    }

    fn takes_ms(&self, step: Step) -> f64 {
        let work = self.work;
        match step {
            Step::Announce => work.announce,
            Step::Probe => work.probe,
            Step::Chunk(index) => work.chunks[index].0,
            Step::PackChunk(index) => work.chunks[index].1,
            Step::Sound(index) => work.sound[index].0,
            Step::PackSound(index) => work.sound[index].1,
            Step::Note | Step::JoinChunk(_) | Step::JoinSound(_) | Step::JoinPictures => {
                work.record
            }
            Step::Publish { .. } => work.publish,
            Step::Pictures => work.pictures,
        }
    }

    fn done(&mut self, Job { upload, step }: Job) {
        let function = step.function();
        self.pods[function as usize].busy -= 1;
        self.follow(upload, step);
        self.begin(function);
    }

    fn follow(&mut self, upload: usize, step: Step) {
        match step {
            Step::Announce => {
                self.publish(upload, Step::Note);
                self.publish(upload, Step::Probe);
            }
            Step::Probe => self.plan(upload),
            Step::Chunk(index) => {
                self.publish(upload, Step::Note);
                self.publish(upload, Step::PackChunk(index));
            }
            Step::Sound(index) => {
                self.publish(upload, Step::Note);
                self.publish(upload, Step::PackSound(index));
            }
            Step::PackChunk(index) => self.publish(upload, Step::JoinChunk(index)),
            Step::PackSound(index) => self.publish(upload, Step::JoinSound(index)),
            Step::Note => {}
            Step::JoinChunk(index) => {
                self.uploads[upload].chunks[index] = true;
                self.join(upload);
            }
            Step::JoinSound(index) => {
                self.uploads[upload].sound[index] = true;
                self.join(upload);
            }
            Step::Publish { is_last } => self.published(upload, is_last),
            Step::Pictures => self.publish(upload, Step::JoinPictures),
            Step::JoinPictures => {
                self.uploads[upload].has_pictures = true;
                self.settle(upload);
            }
        }
    }

    /// The plan's parts, the most urgent first; the catalog notes each.
    fn plan(&mut self, upload: usize) {
        self.publish(upload, Step::Note);
        self.publish(upload, Step::Sound(0));
        for index in 0..self.work.chunks.len() {
            self.publish(upload, Step::Note);
            self.publish(upload, Step::Chunk(index));
        }
        for index in 1..self.work.sound.len() {
            self.publish(upload, Step::Note);
            self.publish(upload, Step::Sound(index));
        }
    }

    /// What the catalog says when a longer run from the start is packaged.
    fn join(&mut self, upload: usize) {
        let state = &mut self.uploads[upload];
        let run = state
            .chunks
            .iter()
            .take_while(|is_there| **is_there)
            .count();
        let has_sound = state.sound.first().copied().unwrap_or(true);
        let is_whole = run == state.chunks.len() && state.sound.iter().all(|is_there| *is_there);
        if has_sound && (run > state.run || is_whole) {
            state.run = run;
            self.publish(upload, Step::Publish { is_last: is_whole });
        }
        if is_whole {
            self.publish(upload, Step::Pictures);
        }
    }

    fn published(&mut self, upload: usize, is_last: bool) {
        self.publish(upload, Step::Note);
        let now_ms = self.now_ms;
        let state = &mut self.uploads[upload];
        state.playable_ms.get_or_insert(now_ms);
        state.is_published |= is_last;
        self.settle(upload);
    }

    fn settle(&mut self, upload: usize) {
        let now_ms = self.now_ms;
        let state = &mut self.uploads[upload];
        if state.is_published && state.has_pictures && state.ready_ms.is_none() {
            state.ready_ms = Some(now_ms);
            self.unfinished -= 1;
        }
    }

    fn look(&mut self) {
        let looks = (STAY_MS / self.cluster.scale_every_ms).ceil() as usize;
        for function in FUNCTIONS {
            self.grow(function, true);
            self.pods[function as usize].shrink(looks);
        }
        self.at(self.now_ms + self.cluster.scale_every_ms, Happening::Look);
    }

    /// Starts the pods that are missing; those for which no node is there wait for one.
    fn grow(&mut self, function: Function, is_look: bool) {
        let missing = self.pods[function as usize].missing(is_look);
        let there: usize = self
            .pods
            .iter()
            .map(|pods| pods.ready + pods.starting)
            .sum();
        self.pods[function as usize].live(self.now_ms);
        for nth in there..there + missing {
            let node_ms = if nth < self.cluster.warm_pods {
                0.0
            } else {
                self.cluster.node_start_ms
            };
            self.pods[function as usize].starting += 1;
            self.at(
                self.now_ms + self.cluster.pod_start_ms + node_ms,
                Happening::PodReady(function),
            );
        }
    }

    fn pod_ready(&mut self, function: Function) {
        let pods = &mut self.pods[function as usize];
        pods.live(self.now_ms);
        pods.starting -= 1;
        pods.ready += 1;
        self.begin(function);
    }
}
