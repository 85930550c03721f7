//! Forgetting: an article leaves the index, and every record of the journal that says what it said is written anew
//! without it, at the same length, so that all positions stay. What remains is that the item is known, so that it is not
//! read again, and hashes.
//!
//! The record of forgetting comes first: a crash in between leaves texts that the next call takes away.

pub mod rows;

use std::{collections::HashSet, path::Path};

use serde::Serialize;
use vedetta_domain::{Alert, AlertId, Entry, ItemId, Language, Message, TaggedArticle, Telling};

use crate::{
    Damage, StoreError,
    disk::Disk,
    journal::{
        frame,
        reader::{Found, Reader},
        sealed, segment,
    },
    local::LocalStore,
    open::journal_dir,
    record::{Commit, ItemEnd, Kept, Marks, Record},
    rows::OutboxRow,
};

/// What stands where something was forgotten.
const WORD: &str = "forgotten";

/// A block of a segment that is written anew ends with the first record beyond this.
const BLOCK: usize = 256 << 10;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ForgetReport {
    /// Records that were written anew.
    pub records: u64,
    /// The segments in which they stand.
    pub segments: Vec<u64>,
    /// Bytes that cannot be read, in which something may remain.
    pub damage: Vec<Damage>,
}

/// Which items, alerts and messages say what is to be forgotten.
#[derive(Debug, Default)]
struct Trace {
    items: HashSet<ItemId>,
    alerts: HashSet<AlertId>,
    messages: HashSet<String>,
}

impl Trace {
    /// Alerts that a record shows to say it.
    fn follow_alerts(&mut self, record: &Record) {
        match record {
            Record::Committed(commit) => {
                let own = self.items.contains(&commit.item.id);
                let alerts = commit.alerts.iter().map(|row| &row.alert);
                self.alerts.extend(alerts.filter(|_| own).map(|alert| alert.id.clone()));
                self.alerts.extend(commit.joins.iter().filter(|_| own).cloned());
            }
            Record::Kept { facts } => facts.iter().for_each(|fact| match fact {
                Kept::Alert(row) if says(row, &self.items) => {
                    self.alerts.insert(row.alert.id.clone());
                }
                _ => {}
            }),
            _ => {}
        }
    }

    /// Messages that carry those.
    fn follow_messages(&mut self, record: &Record) {
        let carries = |message: &Message| message.members.iter().any(|id| self.alerts.contains(id));
        match record {
            Record::MessageFrozen { message, .. } if carries(message) => {
                self.messages.insert(message.id.clone());
            }
            Record::Kept { facts } => {
                let messages = facts.iter().filter_map(|fact| match fact {
                    Kept::Message(row) if carries(&row.message) => Some(row.message.id.clone()),
                    _ => None,
                });
                let messages: Vec<String> = messages.collect();
                self.messages.extend(messages);
            }
            _ => {}
        }
    }

    /// The record without what is to be forgotten; `None`: it says nothing of it.
    fn without(&self, mut record: Record) -> Option<Record> {
        let before = record.clone();
        match &mut record {
            Record::SourcePolled { items, .. } => {
                items
                    .iter_mut()
                    .filter(|item| self.items.contains(&item.id))
                    .for_each(|item| item.entry = Entry::default());
            }
            Record::ItemEnded { item, end, .. } if self.items.contains(item) => match end {
                ItemEnd::Retry { error, .. }
                | ItemEnd::Dropped { error }
                | ItemEnd::Quarantined { error } => {
                    error.clear();
                }
            },
            Record::Committed(commit) if self.items.contains(&commit.item.id) => blank(commit),
            Record::MessageFrozen { message, .. } if self.messages.contains(&message.id) => {
                message.body.clear()
            }
            Record::MessageTried { id, error, .. } | Record::MessageDead { id, error, .. }
                if self.messages.contains(id) =>
            {
                error.clear();
            }
            Record::Kept { facts } => {
                for fact in facts.iter_mut() {
                    match fact {
                        Kept::Item(row) if self.items.contains(&row.item.id) => {
                            *fact = Kept::Seen { item: row.item.id }
                        }
                        Kept::Article { item, row, marks, features } if self.items.contains(item) => {
                            veil(&mut row.telling);
                            (row.canonical_url, *features) = (None, None);
                            row.exact.clear();
                            marks.clear();
                        }
                        Kept::Alert(row) => veil_alert(&mut row.alert, &self.items),
                        Kept::Message(row) if self.messages.contains(&row.message.id) => {
                            row.message.body.clear();
                            row.error = row.error.as_ref().map(|_| String::new());
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
        (record != before).then_some(record)
    }
}

/// Whether an alert names one of `items`.
fn says(row: &OutboxRow, items: &HashSet<ItemId>) -> bool {
    row.alert.telling.iter().chain(&row.alert.also_in).any(|telling| items.contains(&telling.item))
}

/// Takes out of an alert what it says of `items`; all of it where it is about one.
fn blank_alert(alert: &mut Alert, items: &HashSet<ItemId>) {
    alert.also_in.retain(|telling| !items.contains(&telling.item));
    if alert.telling.as_ref().is_some_and(|telling| items.contains(&telling.item)) {
        alert.telling = None;
        alert.also_in.clear();
        alert.reasons.clear();
        alert.entities.clear();
        alert.new_names.clear();
        alert.text = Some(WORD.into());
    }
}

/// As [`blank_alert`], but the items are still named: by that the record of forgetting knows the alert again when an index
/// is made anew.
fn veil_alert(alert: &mut Alert, items: &HashSet<ItemId>) {
    alert.also_in.iter_mut().filter(|telling| items.contains(&telling.item)).for_each(veil);
    if let Some(telling) = alert.telling.as_mut().filter(|telling| items.contains(&telling.item)) {
        veil(telling);
        alert.reasons.clear();
        alert.entities.clear();
        alert.new_names.clear();
        alert.text = None;
    }
}

fn veil(telling: &mut Telling) {
    (telling.title, telling.url, telling.source_name) = Default::default();
    (telling.language, telling.published) = (Language::Other, None);
}

/// What follows from a commit for its story stays, so that an index that is made anew is the same.
fn blank(commit: &mut Commit) {
    let items = HashSet::from([commit.item.id]);
    commit.forgotten = true;
    commit.item.entry = Entry::default();
    commit.article = TaggedArticle::default();
    commit.marks = Marks { document: commit.marks.document, ..Marks::default() };
    commit.verdict.reasons.clear();
    veil(&mut commit.telling);
    commit.alerts.iter_mut().for_each(|row| veil_alert(&mut row.alert, &items));
}

impl LocalStore {
    /// See [`crate::Store::forget`].
    pub(crate) async fn forget_items(&self, items: Vec<ItemId>) -> Result<ForgetReport, StoreError> {
        if items.is_empty() {
            return Ok(ForgetReport::default());
        }
        self.writer.write(Record::Forgotten { items: items.clone() }).await?;
        // Only segments that nobody appends to are written anew.
        let last = self.writer.roll().await?;
        let (disk, dir) = (self.disk.clone(), journal_dir(&self.dir));
        let report = self.read(move |_| rewrite(&*disk, &dir, items, last)).await?;
        // sled keeps old rows in its files until they are written anew.
        self.writer.compact().await?;
        Ok(report)
    }
}

/// Writes the segments before `end` anew where they say anything of `items`.
fn rewrite(disk: &dyn Disk, dir: &Path, items: Vec<ItemId>, end: u64) -> Result<ForgetReport, StoreError> {
    let mut trace = Trace { items: items.into_iter().collect(), ..Trace::default() };
    let mut report = ForgetReport::default();
    let numbers: Vec<u64> = segment::list(disk, dir)?.into_keys().filter(|number| *number < end).collect();
    for follow in [Trace::follow_alerts, Trace::follow_messages] {
        for number in &numbers {
            each(disk, dir, *number, |found, _| {
                if let Ok((record, _)) = found {
                    follow(&mut trace, &record);
                }
                Ok(())
            })?;
        }
    }
    for number in numbers {
        let (mut patches, mut starts) = (Vec::new(), Vec::new());
        each(disk, dir, number, |found, at| {
            starts.push(at as usize);
            match found {
                Ok((record, length)) => {
                    if let Some(record) = trace.without(record) {
                        patches.push((at, padded(&record, length, number, at)?));
                    }
                }
                Err(damage) => report.damage.push(damage),
            }
            Ok(())
        })?;
        if !patches.is_empty() {
            report.records += patches.len() as u64;
            report.segments.push(number);
            write(disk, dir, number, &patches, &starts)?;
        }
    }
    Ok(report)
}

/// Calls `see` with every record of a segment, the length of its payload, and where it stands.
fn each(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    mut see: impl FnMut(Result<(Record, usize), Damage>, u64) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut reader = Reader::open(disk, dir, number, 0)?;
    while let Some(found) = reader.next_found()? {
        match found {
            Found::Record { at, payload, .. } => match Record::decode(&payload, at) {
                Ok(record) => see(Ok((record, payload.len())), at.offset)?,
                Err(_) => see(Err(Damage { at, bytes: payload.len() as u64 }), at.offset)?,
            },
            Found::Damaged(damage) => {
                let at = damage.at.offset;
                see(Err(damage), at)?;
            }
        }
    }
    Ok(())
}

/// The record, made as long as the one that it stands for: blanks behind JSON say nothing.
fn padded(record: &Record, length: usize, segment: u64, at: u64) -> Result<Vec<u8>, StoreError> {
    let mut payload = record.encode()?;
    if payload.len() > length {
        let why =
            format!("without what is to be forgotten it is longer: {} bytes of {length}", payload.len());
        return Err(StoreError::Record { position: format!("{segment}:{at}"), why });
    }
    payload.resize(length, b' ');
    Ok(payload)
}

/// Writes a segment sealed, with other payloads in the frames at some offsets.
fn write(
    disk: &dyn Disk,
    dir: &Path,
    number: u64,
    patches: &[(u64, Vec<u8>)],
    starts: &[usize],
) -> Result<(), StoreError> {
    let mut bytes = Reader::open(disk, dir, number, 0)?.everything()?;
    for (at, payload) in patches {
        frame::replace(&mut bytes, *at as usize, payload).ok_or_else(|| StoreError::Record {
            position: format!("{number}:{at}"),
            why: "it was packed by an old version and cannot be changed in its place".into(),
        })?;
    }
    let mut cuts = Vec::new();
    let mut last = 0;
    for at in starts.iter().copied().filter(|at| *at > 0) {
        if at >= last + BLOCK {
            cuts.push(at);
            last = at;
        }
    }
    cuts.push(bytes.len());
    sealed::write(disk, dir, number, &mut |from| {
        let Some(to) = cuts.iter().copied().find(|cut| *cut as u64 > from) else { return Ok(None) };
        Ok(bytes.get(from as usize..to).map(<[u8]>::to_vec))
    })?;
    match disk.open(&segment::path(dir, number), false) {
        Ok(_) => sealed::remove_open(disk, dir, number),
        Err(_) => Ok(()),
    }
}
