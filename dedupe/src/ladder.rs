//! The rungs in their order. The store hands in what it found; nothing is looked up here.

use std::collections::BTreeMap;

use vedetta_domain::{DedupeVerdict, ItemId, Rung, StoryId};

use crate::{
    Fingerprint, Prepared, StoryFeatures, near,
    same_event::{Likeness, Week, same},
};

/// A story that is missed by less is named among the grounds.
const MENTIONED: f32 = 0.2;

/// An article that is to be judged.
#[derive(Debug, Clone, Default)]
pub struct Candidate {
    /// Its canonical address.
    pub canonical_url: Option<String>,
    /// Its title.
    pub title: String,
    /// Its text.
    pub text: String,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// What the story comparison looks at.
    pub features: StoryFeatures,
}

/// An earlier article.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownArticle {
    /// Its item.
    pub id: ItemId,
    /// Its story.
    pub story: StoryId,
    /// Hash of its normalised text, hex.
    pub exact: String,
}

/// What is stored that may be the same.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The story's id if it is a new one.
    pub new_story: StoryId,
    /// The article at the same canonical address.
    pub same_url: Option<KnownArticle>,
    /// The first article with the same normalised text.
    pub same_text: Option<KnownArticle>,
    /// Articles that share a mark, with their titles and texts.
    pub near: Vec<(KnownArticle, String, String)>,
    /// All tellings of the stories that share a name with it, with their features.
    pub stories: Vec<(KnownArticle, StoryFeatures)>,
}

/// Climbs the ladder, the surest rung first.
pub fn decide(candidate: &Candidate, known: &Known) -> DedupeVerdict {
    let mut against = Vec::new();
    let verdict = |rung: Rung, of: &KnownArticle, similarity: f32, reasons: Vec<String>| DedupeVerdict {
        doubtful: false,
        rung,
        of: Some(of.id),
        story: of.story,
        similarity,
        reasons,
    };
    let exact = candidate.fingerprint.exact_hex();
    if let Some(same) = &known.same_url {
        let (rung, why) = if same.exact == exact {
            (Rung::Exact, "same canonical address and same text")
        } else {
            (Rung::Revision, "same canonical address, changed text")
        };
        return verdict(rung, same, 1.0, vec![why.into()]);
    }
    if let Some(same) = known.same_text.as_ref().filter(|same| !exact.is_empty() && same.exact == exact) {
        return verdict(Rung::Exact, same, 1.0, vec!["same normalised text".into()]);
    }
    let mut best: Option<(f32, &KnownArticle, String)> = None;
    let own = Prepared::of(&candidate.title, if known.near.is_empty() { "" } else { &candidate.text });
    for (article, title, text) in &known.near {
        let found = near::compare(&own, &Prepared::of(title, text));
        let similarity = found.jaccard.max(found.containment);
        if found.kind.is_some() && best.as_ref().is_none_or(|(most, ..)| similarity > *most) {
            let why = format!("shingles: Jaccard {:.2}, containment {:.2}", found.jaccard, found.containment);
            best = Some((similarity, article, why));
        }
        against.extend(found.vetoes.into_iter().map(|veto| format!("near {}: vetoed, {veto}", article.id)));
    }
    if let Some((similarity, article, why)) = best {
        against.insert(0, why);
        return verdict(Rung::Near, article, similarity, against);
    }
    if let Some(Joined { nearest, article, reason }) =
        story(&candidate.features, &known.stories, &mut against)
    {
        against.insert(0, reason);
        let doubtful = !nearest.is_sure();
        return DedupeVerdict { doubtful, ..verdict(Rung::Story, article, nearest.chance, against) };
    }
    DedupeVerdict {
        rung: Rung::New,
        of: None,
        story: known.new_story,
        similarity: 0.0,
        doubtful: false,
        reasons: against,
    }
}

/// The story that an article joins.
struct Joined<'a> {
    /// Its telling that is most like the article, and how like it is.
    article: &'a KnownArticle,
    nearest: Likeness,
    reason: String,
}

/// The story whose tellings agree best, on average: one telling alone may be like another event's by chance.
fn story<'a>(
    own: &StoryFeatures,
    known: &'a [(KnownArticle, StoryFeatures)],
    against: &mut Vec<String>,
) -> Option<Joined<'a>> {
    if known.is_empty() {
        return None;
    }
    let others: Vec<&StoryFeatures> = known.iter().map(|(_, features)| features).collect();
    let week = Week::of(own, &others);
    let mut stories: BTreeMap<StoryId, Vec<(Likeness, usize)>> = BTreeMap::new();
    for (n, likeness) in week.compare().into_iter().enumerate() {
        if let Some(likeness) = likeness {
            stories.entry(known[n].0.story).or_default().push((likeness, n));
        }
    }
    // A sure telling decides; else the average, since one alone may be like another event's by chance.
    let mut best: Option<((bool, f32), Nearest)> = None;
    for (story, tellings) in stories {
        let average =
            tellings.iter().map(|(likeness, _)| likeness.chance).sum::<f32>() / tellings.len() as f32;
        let nearest = tellings
            .iter()
            .copied()
            .max_by(|(a, _), (b, _)| a.is_sure().cmp(&b.is_sure()).then(a.chance.total_cmp(&b.chance)));
        let Some((likeness, n)) = nearest else { continue };
        let nearest = Nearest { n, likeness, average, of: tellings.len() };
        let rank = (likeness.is_sure(), average);
        let better = best.as_ref().is_none_or(|(most, _)| rank > *most);
        if better && (rank.0 || average >= same()) {
            best = Some((rank, nearest));
        } else if likeness.chance >= MENTIONED {
            let wanted = same();
            against.push(format!(
                "story {story}: {average:.2} of {wanted:.2} wanted: {}",
                week.grounds(others[n])
            ));
        }
    }
    best.map(|(_, Nearest { n, likeness, average, of })| {
        let mut reason = week.grounds(others[n]);
        if of > 1 {
            reason.push_str(&format!("; {average:.2} on average of {of} tellings"));
        }
        Joined { nearest: likeness, article: &known[n].0, reason }
    })
}

/// The telling of a story that is most like an article.
struct Nearest {
    /// Its place among those that are known.
    n: usize,
    likeness: Likeness,
    /// Of all tellings of its story, and how many they are.
    average: f32,
    of: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn article(n: u8, text: &str) -> KnownArticle {
        let exact = Fingerprint::of("", text).exact_hex();
        KnownArticle { id: ItemId([n; 16]), story: StoryId(Uuid::from_u128(n.into())), exact }
    }

    fn candidate(text: &str) -> Candidate {
        Candidate { text: text.into(), fingerprint: Fingerprint::of("", text), ..Candidate::default() }
    }

    #[test]
    fn the_surest_rung_decides() {
        let (old, new) = ("the first version of the text", "the second version of the text");
        let known = |same_url: Option<&str>, same_text: Option<&str>| Known {
            same_url: same_url.map(|text| article(1, text)),
            same_text: same_text.map(|text| article(2, text)),
            ..Known::default()
        };
        for (known, rung) in [
            (known(Some(new), Some(new)), Rung::Exact),
            (known(Some(old), Some(new)), Rung::Revision),
            (known(None, Some(new)), Rung::Exact),
            (known(None, None), Rung::New),
        ] {
            let verdict = decide(&candidate(new), &known);
            assert_eq!(verdict.rung, rung, "{verdict:?}");
            assert_eq!(verdict.of.is_none(), rung == Rung::New);
        }
    }

    #[test]
    fn an_empty_text_is_no_copy_of_an_empty_text() {
        let known = Known { same_text: Some(article(1, "")), ..Known::default() };
        assert_eq!(decide(&candidate(""), &known).rung, Rung::New);
    }
}
