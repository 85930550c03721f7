//! Names that no lexicon knows, beside names that it does: a firm never heard of next to SUPARCO is news.

use vedetta_domain::{EntityKind, Mention, NewName, Origin, TaggedArticle};

/// Below this the model's word is not enough to call something a name.
const CERTAIN: f32 = 0.6;
/// New names of one article at most.
const MOST: usize = 20;

/// The article's new names, each once, in the order of the text: an organisation, person or other name that only the
/// model found, in one sentence with a known name that is no place.
pub fn new_names(tagged: &TaggedArticle) -> Vec<NewName> {
    let mut found: Vec<NewName> = Vec::new();
    let title = tagged.article.title.as_deref().unwrap_or("");
    collect(&tagged.title_mentions, &[(0, title.len())], &mut found);
    collect(&tagged.mentions, &tagged.sentences, &mut found);
    found.truncate(MOST);
    found
}

fn collect(mentions: &[Mention], sentences: &[(usize, usize)], found: &mut Vec<NewName>) {
    for &(start, end) in sentences {
        let from = mentions.partition_point(|mention| mention.start < start);
        let to = mentions.partition_point(|mention| mention.start < end).max(from);
        let inside = &mentions[from..to];
        for mention in inside.iter().filter(|mention| is_new(mention)) {
            if found.iter().any(|known| known.text.to_lowercase() == mention.text.to_lowercase()) {
                continue;
            }
            let away = |other: &&Mention| other.start.abs_diff(mention.start);
            let Some(near) = inside.iter().filter(|other| is_known(other)).min_by_key(away) else { continue };
            if let Some(entity) = &near.entity {
                found.push(NewName {
                    text: mention.text.clone(),
                    kind: mention.kind,
                    near: entity.clone(),
                    near_text: near.text.clone(),
                });
            }
        }
    }
}

fn is_new(mention: &Mention) -> bool {
    mention.entity.is_none()
        && mention.origin == Origin::Ner
        && mention.kind != EntityKind::Loc
        && mention.score >= CERTAIN
        && mention.text.chars().filter(|c| c.is_alphanumeric()).count() > 1
}

fn is_known(mention: &Mention) -> bool {
    mention.entity.is_some() && mention.kind != EntityKind::Loc && mention.origin != Origin::Adjective
}

#[cfg(test)]
mod tests {
    use vedetta_domain::{Article, EntityId};

    use super::*;

    /// A text with its names in brackets: `[SUPARCO|ORG suparco]`, `[SpaceChain|ORG]`; sentences end in a full stop.
    fn check(marked: &str, expected: &[&str]) {
        let mut tagged = TaggedArticle::default();
        let mut rest = marked;
        let mut text = String::new();
        while let Some((before, after)) = rest.split_once('[') {
            let (inside, after) = after.split_once(']').unwrap();
            let (name, label) = inside.split_once('|').unwrap();
            let (kind, entity) = label.split_once(' ').map_or((label, None), |(kind, id)| (kind, Some(id)));
            text.push_str(before);
            tagged.mentions.push(Mention {
                start: text.len(),
                end: text.len() + name.len(),
                text: name.into(),
                kind: serde_json::from_value(kind.into()).unwrap(),
                score: 0.9,
                origin: if entity.is_some() { Origin::Both } else { Origin::Ner },
                entity: entity.map(|id| EntityId(id.into())),
                groups: Vec::new(),
            });
            text.push_str(name);
            rest = after;
        }
        text.push_str(rest);
        let mut at = 0;
        for sentence in text.split_inclusive('.') {
            tagged.sentences.push((at, at + sentence.len()));
            at += sentence.len();
        }
        tagged.article = Article { text, ..Article::default() };
        let got: Vec<String> = new_names(&tagged).iter().map(ToString::to_string).collect();
        assert_eq!(got, expected, "{marked}");
    }

    #[test]
    fn a_new_name_stands_beside_a_known_one() {
        check("[SUPARCO|ORG suparco] uses [SpaceChain|ORG].", &["new near SUPARCO: SpaceChain (ORG)"]);
        // Each once, however it is written; another sentence is not near.
        check(
            "[SUPARCO|ORG suparco] and [SpaceChain|ORG]. [Spacechain|ORG] won. [Acme|ORG] lost.",
            &["new near SUPARCO: SpaceChain (ORG)"],
        );
        // A place vouches for nobody, and a new place is none of the kinds.
        check("In [Pakistan|LOC pakistan] [Acme|ORG] opened.", &[]);
        check("[SUPARCO|ORG suparco] built [Newtown|LOC].", &[]);
        // The nearest one.
        check(
            "[CASC|ORG casc] and [SUPARCO|ORG suparco] met [Li Na|PER].",
            &["new near SUPARCO: Li Na (PER)"],
        );
        check("", &[]);
    }
}
