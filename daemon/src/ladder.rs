//! The dedupe ladder over what is stored: by what an article is recognised, and what it turns out to be.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta_dedupe::{Candidate, Fingerprint, Known, KnownArticle, StoryFeatures, canonical_url, decide};
use vedetta_domain::{DedupeVerdict, ItemId, StoryId, TaggedArticle};
use vedetta_store::{ArticleRow, Marks, Store};

/// A story is judged by so many of its tellings, the last ones.
const TELLINGS: usize = 32;

/// Tellings of one event lie within this window.
const STORY_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// By what the article is recognised, now and later.
pub fn recognise(tagged: &TaggedArticle, first_seen: Timestamp) -> (Candidate, Marks) {
    let address = tagged.article.canonical_url.as_deref().unwrap_or(&tagged.article.url);
    let canonical = canonical_url(address);
    let title = tagged.article.title.clone().unwrap_or_default();
    let fingerprint = Fingerprint::of(&title, &tagged.article.text);
    let features = StoryFeatures::of(tagged, first_seen);
    let marks = Marks {
        canonical_url: canonical.clone(),
        exact: fingerprint.exact_hex(),
        bands: fingerprint.bands.clone(),
        story_keys: features.keys(),
        features: serde_json::to_string(&features).unwrap_or_default(),
        document: 0,
    };
    let candidate = Candidate {
        canonical_url: canonical,
        title,
        text: tagged.article.text.clone(),
        fingerprint,
        features,
    };
    (candidate, marks)
}

fn known_article(id: ItemId, row: &ArticleRow) -> KnownArticle {
    KnownArticle { id, story: row.story, exact: row.exact.clone() }
}

/// Asks the store what the ladder needs and lets the ladder decide.
pub async fn judge(
    store: &dyn Store,
    id: ItemId,
    candidate: Candidate,
    marks: &Marks,
    now: Timestamp,
) -> anyhow::Result<DedupeVerdict> {
    let mut known = Known { new_story: StoryId(Uuid::now_v7()), ..Known::default() };
    if let Some(url) = &marks.canonical_url {
        known.same_url = found(store.by_url(url).await?, id);
    }
    if !marks.exact.is_empty() {
        known.same_text = found(store.by_exact(&marks.exact).await?, id);
    }
    for (other, row) in store.by_marks(marks.bands.clone()).await? {
        if other == id {
            continue;
        }
        // Without its text nothing says whether figures or names differ: such an article is no copy.
        if let Some(stored) = store.stored(&row).await? {
            let article = stored.article.article;
            known.near.push((known_article(other, &row), article.title.unwrap_or_default(), article.text));
        }
    }
    // A story is judged by all its tellings, by those too that share no name with this one.
    for row in store.tellings(marks.story_keys.clone(), now - STORY_WINDOW, TELLINGS).await? {
        if row.id == id {
            continue;
        }
        let article = KnownArticle { id: row.id, story: row.story, exact: row.exact };
        match serde_json::from_str(&row.features) {
            Ok(features) => known.stories.push((article, features)),
            Err(error) => tracing::warn!(item = %row.id, %error, "stored story features cannot be read"),
        }
    }
    Ok(tokio::task::spawn_blocking(move || decide(&candidate, &known)).await?)
}

fn found(found: Option<(ItemId, ArticleRow)>, id: ItemId) -> Option<KnownArticle> {
    found.filter(|(other, _)| *other != id).map(|(other, row)| known_article(other, &row))
}
