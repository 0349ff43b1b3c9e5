//! What a tree of processes costs, read from the kernel (proc(5)), and holding some of it.

use std::{collections::BTreeMap, fs};

use anyhow::{Result, ensure};

use crate::signal;

/// Processor time of a tree of processes, its ended and awaited children included.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Seconds in user and kernel mode.
    pub cpu_s: f64,
}

/// Clock ticks a second in /proc: 100 on every Linux that Reeldrop runs on.
const TICKS_PER_S: f64 = 100.0;

struct Stat {
    parent: u32,
    ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and brackets: fields are counted from the last closing one.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |index: usize| fields.get(index)?.parse::<u64>().ok();
    let ticks = number(11)? + number(12)? + number(13)? + number(14)?;
    Some(Stat {
        parent: u32::try_from(number(1)?).ok()?,
        ticks,
    })
}

/// The process and all that it started, as far as they live.
#[must_use]
pub fn descendants(root: u32) -> Vec<u32> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        if let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok())
            && let Some(stat) = stat(pid)
        {
            parents.insert(pid, stat.parent);
        }
    }
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(parent) = tree.get(next).copied() {
        tree.extend(
            parents
                .iter()
                .filter(|(_, of)| **of == parent)
                .map(|(pid, _)| *pid),
        );
        next += 1;
    }
    tree
}

/// What the tree below and with `root` has used so far.
#[must_use]
pub fn usage(root: u32) -> Usage {
    let ticks: u64 = descendants(root)
        .into_iter()
        .filter_map(stat)
        .map(|stat| stat.ticks)
        .sum();
    Usage {
        cpu_s: ticks as f64 / TICKS_PER_S,
    }
}

/// What each program below and with `root` has used so far, seconds.
#[must_use]
pub fn usage_by_program(root: u32) -> BTreeMap<String, f64> {
    let mut programs = BTreeMap::new();
    for pid in descendants(root) {
        if let (Some(name), Some(stat)) = (name(pid), stat(pid)) {
            *programs.entry(name).or_default() += stat.ticks as f64 / TICKS_PER_S;
        }
    }
    programs
}

/// The most memory that the process has held, bytes.
#[must_use]
pub fn peak_resident_bytes(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

/// The name of a process, cut at 15 characters as the kernel does.
fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm"))
        .ok()
        .map(|name| name.trim().to_owned())
}

/// The eldest process of that name below `root`.
#[must_use]
pub fn find(root: u32, program: &str) -> Option<u32> {
    // Parents come before their children: of PostgreSQL, the first is the postmaster.
    descendants(root).into_iter().find(|pid| is(*pid, program))
}

/// Whether the process has that name.
fn is(pid: u32, program: &str) -> bool {
    name(pid).is_some_and(|name| name == program[..program.len().min(15)])
}

/// Processes that stand still until it is dropped.
#[derive(Debug)]
pub struct Held(Vec<u32>);

impl Held {
    /// Holds all processes of that name below `root`.
    ///
    /// # Errors
    /// Where there are none.
    pub fn all(root: u32, program: &str) -> Result<Self> {
        let mut held = Self(Vec::new());
        loop {
            let mut found = descendants(root);
            found.retain(|pid| is(*pid, program) && !held.0.contains(pid));
            // More may be started while these are stopped; nobody starts any when none is new.
            if found.is_empty() {
                ensure!(!held.0.is_empty(), "no {program} runs");
                return Ok(held);
            }
            for pid in found {
                held.0.push(pid);
                // One that has just ended does no more, either.
                let _ = signal(pid, "STOP");
            }
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for pid in &self.0 {
            // One that has ended meanwhile needs nothing.
            let _ = signal(*pid, "CONT");
        }
    }
}
