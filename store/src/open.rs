//! Opening: lock, cut the torn tail, open the index or rebuild it, replay what it has not seen.

use std::{
    fmt,
    fs::{File, OpenOptions as FileOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    StoreError, apply,
    disk::{Disk, RealDisk},
    index::Index,
    journal::{self, Damage, Journal, Limits, Position},
    keys,
    marks::Marks,
    record::{Kept, Record},
};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Sizes; the defaults suit one small machine.
#[derive(Clone)]
pub struct OpenOptions {
    /// A segment is closed once it is this long.
    pub segment_bytes: u64,
    /// Or this old.
    pub segment_age: Duration,
    /// Bound of sled's page cache.
    pub cache_bytes: u64,
    /// Files of the index that are smaller are not written anew when they hold more than rows.
    pub compact_above: u64,
    /// Make the index anew though nothing is wrong with it.
    pub rebuild: bool,
    /// Tells the time, which is written into segments.
    pub clock: Clock,
    /// Where the journal lies. The index lies on the machine's own disk: it is not needed after a crash.
    pub disk: Arc<dyn Disk>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            segment_bytes: 64 << 20,
            segment_age: Duration::from_secs(7 * 86_400),
            cache_bytes: 8 << 20,
            compact_above: 64 << 20,
            rebuild: false,
            clock: Arc::new(Timestamp::now),
            disk: Arc::new(RealDisk),
        }
    }
}

impl fmt::Debug for OpenOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenOptions")
            .field("segment_bytes", &self.segment_bytes)
            .field("segment_age", &self.segment_age)
            .field("cache_bytes", &self.cache_bytes)
            .field("compact_above", &self.compact_above)
            .field("disk", &self.disk)
            .finish_non_exhaustive()
    }
}

/// What opening had to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenReport {
    /// Why the index was rebuilt from the journal; the operator is told.
    pub rebuilt: Option<String>,
    /// Records that the index had not seen.
    pub replayed: u64,
    /// Bytes of a torn last record that were cut.
    pub cut_bytes: u64,
    /// Damage in the journal: what is readable was kept.
    pub damage: Vec<Damage>,
}

/// The opened parts.
pub struct Opened {
    pub lock: File,
    pub journal: Journal,
    pub index: Index,
    pub report: OpenReport,
}

/// The folder of the journal's segments.
pub fn journal_dir(dir: &Path) -> PathBuf {
    dir.join("journal")
}

/// A file that is there when a read of the index failed: it says why.
pub fn doubt_path(dir: &Path) -> PathBuf {
    dir.join("index.damaged")
}

/// Opens the store in `dir`, creating it if there is none.
pub fn open(dir: &Path, options: &OpenOptions) -> Result<Opened, StoreError> {
    RealDisk.create_dir(dir).map_err(StoreError::io("create", dir))?;
    let lock = lock(dir)?;
    let limits = Limits { bytes: options.segment_bytes, age: options.segment_age };
    let (journal, torn) = Journal::open(options.disk.clone(), &journal_dir(dir), limits, (options.clock)())?;
    let mut report = OpenReport { cut_bytes: torn.cut_bytes, ..OpenReport::default() };

    let index_dir = dir.join("index");
    let doubt = std::fs::read_to_string(doubt_path(dir)).ok();
    let marks = [Arc::new(Marks::open(&dir.join("marks"))?), Arc::new(Marks::open(&dir.join("names"))?)];
    let empty = |marks: &[Arc<Marks>; 2]| {
        // Documents are numbered anew, so the marks go with the rows.
        marks.iter().try_for_each(|marks| marks.clear())?;
        set_aside(&index_dir)?;
        Index::open(&index_dir, marks.clone(), options.cache_bytes)
    };
    let mut index = match open_index(&index_dir, &marks, options, journal.end()) {
        Ok(index) if !options.rebuild && doubt.is_none() => index,
        Ok(index) => {
            drop(index);
            report.rebuilt = Some(doubt.unwrap_or_else(|| "it was asked for".into()));
            empty(&marks)?
        }
        Err(error) => {
            report.rebuilt = Some(error.to_string());
            empty(&marks)?
        }
    };
    if index.position()?.is_none() {
        marks.iter().try_for_each(|marks| marks.clear())?;
        let begin = journal::segment::HEADER;
        if report.rebuilt.is_none() && journal.end() > (Position { segment: 1, offset: begin }) {
            report.rebuilt = Some("its files were missing".into());
        }
    }
    let replaying = std::panic::AssertUnwindSafe(|| replay(&*options.disk, dir, &index));
    let replayed = std::panic::catch_unwind(replaying)
        .unwrap_or_else(|_| Err(StoreError::Index("sled panicked while the journal was replayed".into())));
    let replayed = match replayed {
        // Replay reads rows too: a damaged index may show only here. From empty it cannot fail so.
        Err(StoreError::Index(error)) if report.rebuilt.is_none() => {
            drop(index);
            report.rebuilt = Some(error);
            index = empty(&marks)?;
            replay(&*options.disk, dir, &index)?
        }
        other => other?,
    };
    (report.replayed, report.damage) = replayed;
    match std::fs::remove_file(doubt_path(dir)) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            return Err(StoreError::Io { verb: "remove", path: doubt_path(dir), source });
        }
        _ => {}
    }
    Ok(Opened { lock, journal, index, report })
}

fn lock(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("lock");
    let file = FileOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StoreError::io("open", &path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked(dir.into())),
        Err(TryLockError::Error(source)) => Err(StoreError::Io { verb: "lock", path, source }),
    }
}

/// sled panics on some kinds of damage instead of answering: that counts as an answer here.
fn open_index(
    dir: &Path,
    marks: &[Arc<Marks>; 2],
    options: &OpenOptions,
    end: Position,
) -> Result<Index, StoreError> {
    let (cache_bytes, marks) = (options.cache_bytes, marks.clone());
    let open = std::panic::AssertUnwindSafe(|| Index::open(dir, marks, cache_bytes));
    let index = std::panic::catch_unwind(open)
        .map_err(|_| StoreError::Index("sled panicked while opening its files".into()))??;
    match index.position()? {
        Some(position) if position >= end => {
            Err(StoreError::Index(format!("it is at {position}, past the journal's end {end}")))
        }
        None if end > (Position { segment: 1, offset: journal::segment::HEADER })
            && dir_was_used(&index)? =>
        {
            Err(StoreError::Index("it has rows but no position".into()))
        }
        _ => Ok(index),
    }
}

fn dir_was_used(index: &Index) -> Result<bool, StoreError> {
    Ok(!index.keys(&[], &[], 1)?.is_empty())
}

fn set_aside(dir: &Path) -> Result<(), StoreError> {
    let aside = (0..).map(|n| dir.with_extension(format!("broken-{n}"))).find(|path| !path.exists());
    let Some(aside) = aside else { return Ok(()) };
    if dir.exists() {
        std::fs::rename(dir, &aside).map_err(StoreError::io("set aside", dir))?;
    }
    Ok(())
}

/// Applies what the journal holds after the index's position, and adds the marks that are not on disk.
fn replay(disk: &dyn Disk, dir: &Path, index: &Index) -> Result<(u64, Vec<Damage>), StoreError> {
    let seen = index.position()?;
    // Reading again from the start is cheap beside a damaged run; a run may also be ahead of the rows.
    let marked = index.marked();
    let from = seen.unwrap_or_default().min(if seen.is_some() { marked } else { Position::default() });
    let mut replayed = 0;
    let damage = journal::stream(disk, &journal_dir(dir), from, |position, payload| {
        let applied = seen.is_some_and(|seen| position <= seen);
        if applied && position <= marked {
            return Ok(());
        }
        let record = Record::decode(&payload, position)?;
        if applied {
            return mark(index, record);
        }
        let changes = apply::changes(index, &record, position)?;
        index.apply(changes, position)?;
        replayed += 1;
        Ok(())
    })?;
    Ok((replayed, damage))
}

/// Adds the marks of a record whose rows are there.
fn mark(index: &Index, record: Record) -> Result<(), StoreError> {
    let add = |item, marks: &[u64], names: &[String]| {
        if let Some(row) = index.article(item)? {
            index.marks().add(row.document, &apply::recognised_by(&row, marks));
            let names: Vec<u64> = names.iter().map(|name| keys::name(name)).collect();
            index.names().add(row.document, &names);
        }
        Ok(())
    };
    match record {
        Record::Committed(commit) => add(commit.item.id, &commit.marks.bands, &commit.marks.story_keys),
        Record::Kept { facts } => facts.into_iter().try_for_each(|fact| match fact {
            Kept::Article { item, marks, features, .. } => {
                add(item, &marks, &features.unwrap_or_default().keys)
            }
            _ => Ok(()),
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
