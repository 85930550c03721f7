//! The ladder over articles in memory, for `vedetta try dedupe` and tests.

use std::collections::{BTreeSet, HashMap};

use vedetta_domain::{DedupeVerdict, ItemId, StoryId};

use crate::{Candidate, Known, KnownArticle, decide};

/// Articles in the order of their arrival, with the same indexes as the store.
#[derive(Debug, Default)]
pub struct MemoryIndex {
    articles: Vec<(KnownArticle, Candidate)>,
    urls: HashMap<String, usize>,
    texts: HashMap<String, usize>,
    bands: HashMap<u64, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
}

impl MemoryIndex {
    /// Judges an article against all before it, then remembers it under `id`.
    pub fn judge(&mut self, id: ItemId, candidate: Candidate, new_story: StoryId) -> DedupeVerdict {
        let exact = candidate.fingerprint.exact_hex();
        let at = |n: &usize| self.articles.get(*n);
        let near: BTreeSet<usize> = candidate
            .fingerprint
            .bands
            .iter()
            .flat_map(|band| self.bands.get(band))
            .flatten()
            .copied()
            .collect();
        let keys = candidate.features.keys.clone();
        let named: BTreeSet<StoryId> = keys
            .iter()
            .flat_map(|key| self.names.get(key))
            .flatten()
            .filter_map(at)
            .map(|a| a.0.story)
            .collect();
        let known = Known {
            new_story,
            same_url: candidate
                .canonical_url
                .as_ref()
                .and_then(|url| self.urls.get(url))
                .and_then(at)
                .map(|a| a.0.clone()),
            same_text: self.texts.get(&exact).and_then(at).map(|a| a.0.clone()),
            near: near
                .iter()
                .filter_map(at)
                .map(|(article, c)| (article.clone(), c.title.clone(), c.text.clone()))
                .collect(),
            stories: self
                .articles
                .iter()
                .filter(|(article, _)| named.contains(&article.story))
                .map(|(article, c)| (article.clone(), c.features.clone()))
                .collect(),
        };
        let verdict = decide(&candidate, &known);
        let n = self.articles.len();
        if let Some(url) = &candidate.canonical_url {
            self.urls.insert(url.clone(), n);
        }
        if !exact.is_empty() {
            self.texts.entry(exact.clone()).or_insert(n);
        }
        candidate.fingerprint.bands.iter().for_each(|band| self.bands.entry(*band).or_default().push(n));
        keys.into_iter().for_each(|key| self.names.entry(key).or_default().push(n));
        self.articles.push((KnownArticle { id, story: verdict.story, exact }, candidate));
        verdict
    }
}
