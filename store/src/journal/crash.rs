//! A disk that loses, tears and reorders what was not synced, and the journal on it. It runs larger with
//! `VEDETTA_SOAK`, a factor on the number of crashes.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::Timestamp;

use super::{Journal, Limits, Position, sealed, segment, stream};
use crate::{
    StoreError,
    disk::{Disk, DiskFile},
};

/// What the disk writes as a whole, or not at all.
const SECTOR: usize = 512;

/// A small generator of numbers that look random: a test that fails says its seed.
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

#[derive(Debug, Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Length(u64),
}

#[derive(Debug, Default)]
struct Node {
    /// As processes see it.
    now: Vec<u8>,
    /// As it stood at the last sync.
    synced: Vec<u8>,
    /// What came since.
    since: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Naming {
    Given(PathBuf, usize),
    Taken(PathBuf),
}

#[derive(Debug, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    /// Changes of names since the folder was synced. They reach the disk in their order, as in a file system's log, and
    /// the last ones may be lost.
    names_since: Vec<Naming>,
    /// Writes until the disk is full, and what it then says.
    fails_after: Option<(u64, io::ErrorKind)>,
    /// Syncs that do nothing: a program that forgot them.
    ignores_sync: bool,
}

/// The disk, shared by the files on it.
#[derive(Debug, Clone, Default)]
struct Simulated(Arc<Mutex<State>>);

struct SimulatedFile {
    disk: Simulated,
    node: usize,
}

impl Simulated {
    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    /// The power goes. What is there afterwards: all that was synced, and of the rest what chance kept.
    fn crash(&self, chance: &mut Chance) {
        self.with(|state| {
            let kept = chance.below(state.names_since.len() as u64 + 1) as usize;
            let mut names = std::mem::take(&mut state.synced_names);
            for naming in state.names_since.drain(..).take(kept) {
                match naming {
                    Naming::Given(path, node) => drop(names.insert(path, node)),
                    Naming::Taken(path) => drop(names.remove(&path)),
                }
            }
            for node in &mut state.nodes {
                for change in std::mem::take(&mut node.since) {
                    match change {
                        Change::Length(length) if chance.one_in(2) => node.synced.resize(length as usize, 0),
                        Change::Length(_) => {}
                        Change::Write(at, bytes) => tear(&mut node.synced, at as usize, &bytes, chance),
                    }
                }
                node.now = node.synced.clone();
            }
            state.names = names.clone();
            state.synced_names = names;
        });
    }

    fn check(&self, state: &mut State) -> io::Result<()> {
        match &mut state.fails_after {
            Some((0, kind)) => Err(io::Error::from(*kind)),
            Some((left, _)) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// Of a write, any of its sectors may be lost, whatever their order; the file's length may have come or not.
fn tear(file: &mut Vec<u8>, at: usize, bytes: &[u8], chance: &mut Chance) {
    let whole = chance.one_in(3);
    let mut from = 0;
    while from < bytes.len() {
        let to = bytes.len().min(from + SECTOR - (at + from) % SECTOR);
        if whole || chance.one_in(2) {
            if file.len() < at + to {
                file.resize(at + to, 0);
            }
            file[at + from..at + to].copy_from_slice(&bytes[from..to]);
        }
        from = to;
    }
}

impl Disk for Simulated {
    fn create_dir(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let own = |path: &PathBuf| {
            path.parent().filter(|parent| *parent == dir)?;
            Some(path.file_name()?.to_string_lossy().into_owned())
        };
        Ok(self.with(|state| state.names.keys().filter_map(own).collect()))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let node = self.with(|state| {
            self.check(state)?;
            state.nodes.push(Node::default());
            let node = state.nodes.len() - 1;
            state.names.insert(path.into(), node);
            state.names_since.push(Naming::Given(path.into(), node));
            io::Result::Ok(node)
        })?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), node }))
    }

    fn open(&self, path: &Path, write: bool) -> io::Result<Box<dyn DiskFile>> {
        let node = self.with(|state| {
            if write {
                self.check(state)?;
            }
            state.names.get(path).copied().ok_or(io::Error::from(io::ErrorKind::NotFound))
        })?;
        Ok(Box::new(SimulatedFile { disk: self.clone(), node }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.with(|state| {
            self.check(state)?;
            let node = state.names.remove(from).ok_or(io::Error::from(io::ErrorKind::NotFound))?;
            state.names.insert(to.into(), node);
            // One step of the log: both, or neither.
            state.names_since.push(Naming::Given(to.into(), node));
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.with(|state| {
            self.check(state)?;
            state.names.remove(path).ok_or(io::Error::from(io::ErrorKind::NotFound))?;
            state.names_since.push(Naming::Taken(path.into()));
            Ok(())
        })
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        self.with(|state| {
            self.check(state)?;
            if !state.ignores_sync {
                state.synced_names = state.names.clone();
                state.names_since.clear();
            }
            Ok(())
        })
    }
}

impl DiskFile for SimulatedFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.disk.with(|state| state.nodes[self.node].now.len() as u64))
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.disk.with(|state| {
            let rest = state.nodes[self.node].now.get(offset as usize..).unwrap_or_default();
            let read = rest.len().min(into.len());
            into[..read].copy_from_slice(&rest[..read]);
            Ok(read)
        })
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.with(|state| {
            // A disk that fills up takes a part of the write first.
            let failed = self.disk.check(state);
            let taken = if failed.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
            let node = &mut state.nodes[self.node];
            let end = offset as usize + taken.len();
            if node.now.len() < end {
                node.now.resize(end, 0);
            }
            node.now[offset as usize..end].copy_from_slice(taken);
            node.since.push(Change::Write(offset, taken.to_vec()));
            failed
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.with(|state| {
            self.disk.check(state)?;
            let node = &mut state.nodes[self.node];
            node.now.resize(len as usize, 0);
            node.since.push(Change::Length(len));
            Ok(())
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.with(|state| {
            self.disk.check(state)?;
            if !state.ignores_sync {
                let node = &mut state.nodes[self.node];
                node.synced = node.now.clone();
                node.since.clear();
            }
            Ok(())
        })
    }
}

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const DIR: &str = "journal";

fn open(disk: &Simulated) -> Result<Journal, StoreError> {
    let limits = Limits { bytes: 20_000, age: Duration::from_secs(86_400) };
    Ok(Journal::open(Arc::new(disk.clone()), Path::new(DIR), limits, NOW)?.0)
}

fn payload(chance: &mut Chance, n: u64) -> Vec<u8> {
    let length = [10, 300, 700, 3000][chance.below(4) as usize] + chance.below(400) as usize;
    let text: String = (0..length).map(|_| char::from(b'a' + chance.below(26) as u8)).collect();
    format!("{{\"v\":1,\"n\":{n},\"text\":\"{text}\"}}").into_bytes()
}

fn read(disk: &Simulated) -> (BTreeMap<Position, Vec<u8>>, usize) {
    let mut found = BTreeMap::new();
    let damage = stream(disk, Path::new(DIR), Position::default(), |at, payload| {
        found.insert(at, payload);
        Ok(())
    });
    (found, damage.unwrap().len())
}

/// Appends, seals and crashes; answers how many acknowledged records were lost, and how many places called damaged.
fn lost_after_crashes(seed: u64, ignores_sync: bool) -> (usize, usize) {
    let mut chance = Chance(seed);
    let disk = Simulated::default();
    disk.with(|state| state.ignores_sync = ignores_sync);
    let (mut acknowledged, mut n) = (BTreeMap::new(), 0);
    let (mut lost, mut damaged) = (0, 0);
    for _ in 0..12 {
        // A crash while opening is a crash too.
        if chance.one_in(4) {
            disk.with(|state| state.fails_after = Some((chance.below(6), io::ErrorKind::Other)));
            drop(open(&disk));
            disk.with(|state| state.fails_after = None);
            disk.crash(&mut chance);
        }
        let Ok(mut journal) = open(&disk) else {
            lost += 1;
            continue;
        };
        for _ in 0..chance.below(12) {
            let group: Vec<_> = (0..=chance.below(4)).map(|_| payload(&mut chance, n)).collect();
            n += group.len() as u64;
            if chance.one_in(9) {
                disk.with(|state| state.fails_after = Some((chance.below(3), io::ErrorKind::StorageFull)));
            }
            if let Ok(positions) = journal.append(&group, NOW) {
                acknowledged.extend(positions.into_iter().zip(group));
            }
            disk.with(|state| state.fails_after = None);
        }
        if chance.one_in(2) {
            // Power may go at any step of sealing.
            let closed = segment::list(&disk, Path::new(DIR)).unwrap().into_iter().rev().skip(1);
            let open = closed.filter(|(_, form)| *form == segment::Form::Open).map(|(number, _)| number);
            for number in open.collect::<Vec<_>>() {
                if chance.one_in(2) {
                    disk.with(|state| state.fails_after = Some((chance.below(8), io::ErrorKind::Other)));
                }
                drop(sealed::seal(&disk, Path::new(DIR), number));
            }
        }
        if chance.one_in(2) {
            // A last write without an answer.
            disk.with(|state| state.fails_after = Some((1, io::ErrorKind::Other)));
            drop(journal.append(&[payload(&mut chance, n), payload(&mut chance, n + 1)], NOW));
            n += 2;
        }
        disk.with(|state| state.fails_after = None);
        disk.crash(&mut chance);
        if open(&disk).is_err() {
            lost += 1;
            continue;
        }
        let (found, damage) = read(&disk);
        damaged += damage;
        lost += acknowledged.iter().filter(|(at, payload)| found.get(at) != Some(payload)).count();
    }
    (lost, damaged)
}

fn soak() -> u64 {
    std::env::var("VEDETTA_SOAK").ok().and_then(|factor| factor.parse().ok()).unwrap_or(1)
}

#[test]
fn what_was_acknowledged_survives_every_crash() {
    for seed in 0..300 * soak() {
        assert_eq!(lost_after_crashes(seed, false), (0, 0), "seed {seed}");
    }
}

#[test]
fn a_disk_that_refuses_is_named_and_the_next_write_goes_on() {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, StorageFull};
    for kind in [StorageFull, ReadOnlyFilesystem, PermissionDenied] {
        let (disk, mut chance) = (Simulated::default(), Chance(7));
        let mut journal = open(&disk).unwrap();
        let mut acknowledged = BTreeMap::new();
        for n in 0..30 {
            // At the write, at the sync, and when a new segment is begun.
            let refuses = n % 3 == 1;
            disk.with(|state| state.fails_after = refuses.then_some((n % 2, kind)));
            let group = [payload(&mut chance, n)];
            match journal.append(&group, NOW) {
                Ok(positions) => acknowledged.extend(positions.into_iter().zip(group)),
                Err(error) => {
                    let text = error.to_string();
                    assert!(refuses && error.retry(), "{text}");
                    assert!(text.contains("journal") && text.contains("free space, permissions"), "{text}");
                }
            }
        }
        assert!(acknowledged.len() >= 20);
        assert_eq!(read(&disk), (acknowledged, 0), "{kind:?}");
    }
}

#[test]
fn without_its_syncs_the_journal_would_lose_records() {
    let losses = (0..20).filter(|seed| lost_after_crashes(*seed, true).0 > 0).count();
    assert!(losses > 15, "{losses} of 20 runs lost something: this test would not see a missing sync");
}
