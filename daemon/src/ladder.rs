//! The dedupe ladder over what is stored: by what an article is recognised, and what it turns out to be.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;
use vedetta_dedupe::{Candidate, Fingerprint, Known, KnownArticle, StoryFeatures, canonical_url, decide};
use vedetta_domain::{DedupeVerdict, ItemId, StoryId, TaggedArticle};
use vedetta_store::{ArticleRow, Marks, Recalled, Sought, Store};

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
        story_keys: features.keys.clone(),
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

fn known_article(row: &ArticleRow) -> KnownArticle {
    KnownArticle { id: row.telling.item, story: row.story, exact: row.exact.clone() }
}

/// Asks the store what the ladder needs and lets the ladder decide.
pub async fn judge(
    store: &dyn Store,
    id: ItemId,
    candidate: Candidate,
    marks: &Marks,
    now: Timestamp,
) -> anyhow::Result<DedupeVerdict> {
    let found = store
        .recall(Sought {
            item: id,
            url: marks.canonical_url.clone(),
            exact: marks.exact.clone(),
            marks: marks.bands.clone(),
            story_keys: marks.story_keys.clone(),
            since: now - STORY_WINDOW,
            tellings: TELLINGS,
        })
        .await?;
    Ok(tokio::task::spawn_blocking(move || decide(&candidate, &known(found))).await?)
}

/// What the store found, as the ladder looks at it. A story is judged by all its tellings, by those too that share no name
/// with this article.
fn known(found: Recalled) -> Known {
    let near = found.near.into_iter().map(|(row, commit)| {
        let article = commit.article.article;
        (known_article(&row), article.title.unwrap_or_default(), article.text)
    });
    let stories = found.tellings.into_iter().filter_map(|row| {
        let article = KnownArticle { id: row.id, story: row.story, exact: row.exact };
        serde_json::from_str(&row.features)
            .inspect_err(
                |error| tracing::warn!(item = %row.id, %error, "stored story features cannot be read"),
            )
            .ok()
            .map(|features| (article, features))
    });
    Known {
        new_story: StoryId(Uuid::now_v7()),
        same_url: found.same_url.as_ref().map(known_article),
        same_text: found.same_text.as_ref().map(known_article),
        near: near.collect(),
        stories: stories.collect(),
    }
}
