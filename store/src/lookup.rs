//! What the dedupe ladder and people ask of stored articles.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use vedetta_domain::{ItemId, StoryId, TaggedArticle};

use crate::{
    Store, StoreError, keys,
    open::journal_dir,
    record::{Commit, Record},
    rows::{ArticleRow, StoryRow},
    segment,
};

/// Articles that share a band, or a story key, and are looked at; the latest first.
const CANDIDATES: usize = 64;

impl Store {
    /// The article last seen at a canonical address.
    pub async fn by_url(&self, url: &str) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
        self.by_pointer(keys::url(url)).await
    }

    /// The first article with the same normalised text.
    pub async fn by_exact(&self, exact: &str) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
        self.by_pointer(keys::exact(exact)).await
    }

    async fn by_pointer(&self, key: Vec<u8>) -> Result<Option<(ItemId, ArticleRow)>, StoreError> {
        self.read(move |index| {
            let Some(id) = index.get::<ItemId>(key)? else {
                return Ok(None);
            };
            Ok(index.get(keys::article(id))?.map(|row| (id, row)))
        })
        .await
    }

    /// Articles that share a MinHash band, most shared bands first.
    pub async fn by_bands(&self, bands: Vec<u64>) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        self.read(move |index| {
            let mut shared: BTreeMap<ItemId, usize> = BTreeMap::new();
            for band in bands {
                let prefix = keys::bands(band);
                for key in index.keys(&prefix, &prefix, CANDIDATES)? {
                    if let Some(id) = keys::trailing_item(&key) {
                        *shared.entry(id).or_default() += 1;
                    }
                }
            }
            let mut ids: Vec<_> = shared.into_iter().collect();
            ids.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            rows(index, ids.into_iter().map(|(id, _)| id).take(CANDIDATES))
        })
        .await
    }

    /// Articles committed since `since` that share a story key.
    pub async fn by_story_keys(
        &self,
        story_keys: Vec<String>,
        since: Timestamp,
    ) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        self.read(move |index| {
            let mut ids = BTreeSet::new();
            for key in story_keys {
                let prefix = keys::story_keys(&key);
                let mut from = prefix.clone();
                from.extend_from_slice(&keys::millis(since));
                ids.extend(
                    index
                        .keys(&prefix, &from, 4 * CANDIDATES)?
                        .iter()
                        .filter_map(|key| keys::trailing_item(key)),
                );
            }
            rows(index, ids.into_iter())
        })
        .await
    }

    /// A story.
    pub async fn story(&self, id: StoryId) -> Result<Option<StoryRow>, StoreError> {
        self.read(move |index| index.get(keys::story(id))).await
    }

    /// An article's row.
    pub async fn article(&self, id: ItemId) -> Result<Option<ArticleRow>, StoreError> {
        self.read(move |index| index.get(keys::article(id))).await
    }

    /// The whole article, read from the journal.
    pub async fn article_text(&self, row: &ArticleRow) -> Result<TaggedArticle, StoreError> {
        Ok(self.stored(row).await?.article)
    }

    /// The commit that a row points at.
    pub async fn stored(&self, row: &ArticleRow) -> Result<Commit, StoreError> {
        let dir = journal_dir(&self.dir);
        let position = row.position;
        self.read(move |_| {
            let payload = segment::read_at(&dir, position.segment, position.offset)?;
            match Record::decode(&payload, position)? {
                Record::Committed(commit) => Ok(*commit),
                _ => {
                    Err(StoreError::Record { position: position.to_string(), why: "it is no article".into() })
                }
            }
        })
        .await
    }

    /// Up to `limit` articles that were tagged without a model, after the cursor `after`.
    pub async fn lexicon_only(
        &self,
        after: Option<ItemId>,
        limit: usize,
    ) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
        self.read(move |index| {
            let mut after = after.map(keys::article);
            let mut found = Vec::new();
            while found.len() < limit {
                let page = index.rows::<ArticleRow>(keys::prefix::ARTICLE, after.as_deref(), 256)?;
                let Some((last, _)) = page.last() else { break };
                after = Some(last.clone());
                found.extend(
                    page.into_iter()
                        .filter(|(_, row)| row.lexicon_only)
                        .filter_map(|(key, row)| keys::trailing_item(&key).map(|id| (id, row))),
                );
            }
            found.truncate(limit);
            Ok(found)
        })
        .await
    }
}

fn rows(
    index: &crate::index::Index,
    ids: impl Iterator<Item = ItemId>,
) -> Result<Vec<(ItemId, ArticleRow)>, StoreError> {
    let mut rows = Vec::new();
    for id in ids {
        if let Some(row) = index.get(keys::article(id))? {
            rows.push((id, row));
        }
    }
    Ok(rows)
}
