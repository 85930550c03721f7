//! What is stored that may be the same as an article: one question with one answer, asked for every article that comes.

use std::{
    collections::{BTreeMap, BinaryHeap},
    path::Path,
};

use jiff::Timestamp;
use rustc_hash::FxHashMap;
use vedetta_domain::{ItemId, StoryId};

use crate::{
    StoreError,
    disk::Disk,
    index::Index,
    keys, lookup,
    record::Commit,
    rows::{ArticleRow, StoryRow, TellingRow, ToldRow},
};

/// Articles that share a mark and are looked at.
const NEAR: usize = 64;

/// Articles that share a name and are looked at: those that share the most.
const TOLD: usize = 32;

/// Articles that share one name and are counted, the latest.
const NAMED: usize = 256;

/// By what an article is looked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Sought {
    /// Its item, which is never among what is found.
    pub item: ItemId,
    /// Canonical address.
    pub url: Option<String>,
    /// Hash of the normalised text; empty: it has none.
    pub exact: String,
    /// The marks of its text.
    pub marks: Vec<u64>,
    /// Keys under which other tellings of its event are looked for.
    pub story_keys: Vec<String>,
    /// Tellings that were committed earlier are too old.
    pub since: Timestamp,
    /// Tellings of one story that are wanted, the last ones.
    pub tellings: usize,
}

/// What was found. If anything has its address or its words, only that is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recalled {
    /// The article last seen at its address.
    pub same_url: Option<ArticleRow>,
    /// The first article with its words.
    pub same_text: Option<ArticleRow>,
    /// Articles that share a mark, those first that share most, as far as their texts are kept. Marks that very many
    /// texts have tell nothing.
    pub near: Vec<(ArticleRow, Commit)>,
    /// The tellings of the stories of which one was committed since and shares a key, for the articles that share most.
    pub tellings: Vec<TellingRow>,
}

/// Looks for all of it.
pub fn recall(
    index: &Index,
    disk: &dyn Disk,
    journal: &Path,
    sought: &Sought,
) -> Result<Recalled, StoreError> {
    let other = |row: &ArticleRow| row.telling.item != sought.item;
    let mut same_url = None;
    if let Some(url) = &sought.url {
        let same = |row: &ArticleRow| row.canonical_url.as_ref() == Some(url) && other(row);
        let documents = index.marks().latest(keys::url(url), 0, usize::MAX)?;
        same_url = first(index, documents.into_iter().rev(), same)?;
    }
    let mut same_text = None;
    if !sought.exact.is_empty() {
        let same = |row: &ArticleRow| row.exact == sought.exact && other(row);
        let documents = index.marks().latest(keys::exact(&sought.exact), 0, usize::MAX)?;
        same_text = first(index, documents.into_iter(), same)?;
    }
    if same_url.is_some() || same_text.is_some() {
        return Ok(Recalled { same_url, same_text, ..Recalled::default() });
    }
    let mut near = Vec::new();
    for row in sharing_marks(index, &sought.marks, sought.item)? {
        let commit = lookup::stored(disk, journal, &row)?;
        near.extend(commit.map(|commit| (row, commit)));
    }
    Ok(Recalled { near, tellings: tellings(index, sought)?, ..Recalled::default() })
}

/// The first of `documents` that is there and `same`: a mark is shorter than what it stands for.
fn first(
    index: &Index,
    documents: impl Iterator<Item = u32>,
    same: impl Fn(&ArticleRow) -> bool,
) -> Result<Option<ArticleRow>, StoreError> {
    for document in documents {
        if let Some(row) = index.get::<ArticleRow>(keys::article(document))?.filter(&same) {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn sharing_marks(index: &Index, marks: &[u64], item: ItemId) -> Result<Vec<ArticleRow>, StoreError> {
    let mut shared: FxHashMap<u32, usize> = FxHashMap::default();
    for document in index.marks().documents(marks)?.into_iter().flatten() {
        *shared.entry(document).or_default() += 1;
    }
    let mut documents: Vec<_> = shared.into_iter().collect();
    // The latest of those that share as many.
    documents.sort_unstable_by_key(|(document, count)| std::cmp::Reverse((*count, *document)));
    let mut rows = Vec::new();
    for (document, _) in documents {
        let row = index.get::<ArticleRow>(keys::article(document))?;
        rows.extend(row.filter(|row| row.telling.item != item));
        if rows.len() == NEAR {
            break;
        }
    }
    Ok(rows)
}

fn tellings(index: &Index, sought: &Sought) -> Result<Vec<TellingRow>, StoreError> {
    let Some(oldest) = lookup::first_told(index)? else { return Ok(Vec::new()) };
    let last = index.last_document()?;
    let mut shared: FxHashMap<u32, f64> = FxHashMap::default();
    for key in &sought.story_keys {
        let documents = index.names().latest(keys::name(key), oldest, NAMED)?;
        // How much it says that an article has this name: one over the share of the articles that have it, of all that
        // are told, or of those that came since if more have it than were counted.
        let counted_from = documents.first().copied().filter(|_| documents.len() == NAMED).unwrap_or(oldest);
        let articles = f64::from(last.saturating_sub(counted_from) + 2);
        let rarity = (articles / (documents.len() as f64 + 1.0)).ln();
        documents.into_iter().for_each(|document| *shared.entry(document).or_default() += rarity.max(0.0));
    }
    // Bits of numbers that are not negative are in the order of the numbers.
    let mut documents: BinaryHeap<(u64, u32)> =
        shared.into_iter().map(|(document, rarities)| (rarities.to_bits(), document)).collect();
    let mut stories: BTreeMap<StoryId, Vec<ToldRow>> = BTreeMap::new();
    let mut looked_at = 0;
    while let Some((_, document)) = documents.pop() {
        let row = index.get::<ToldRow>(keys::features(document))?;
        let Some(row) = row.filter(|row| row.at >= sought.since && row.item != sought.item) else { continue };
        stories.entry(row.story).or_default().push(row);
        looked_at += 1;
        if looked_at == TOLD {
            break;
        }
    }
    let mut found = Vec::new();
    for (story, mut rows) in stories {
        // Those too that share no name.
        let all = index.get::<StoryRow>(keys::story(story))?.unwrap_or_default().tellings;
        for id in all.into_iter().rev().filter(|id| *id != sought.item).take(sought.tellings) {
            let row = match rows.iter().position(|row| row.item == id) {
                Some(at) => Some(rows.swap_remove(at)),
                None => told(index, id)?,
            };
            found.extend(row.map(|row| TellingRow { id, story, exact: row.exact, features: row.features }));
        }
    }
    Ok(found)
}

fn told(index: &Index, id: ItemId) -> Result<Option<ToldRow>, StoreError> {
    let document = index.known(id)?.flatten();
    Ok(document.map(|document| index.get(keys::features(document))).transpose()?.flatten())
}
