//! Which sentences of an article no earlier telling of its story had, and which an edit has changed.

use std::collections::HashSet;

use vedetta_domain::{ItemId, Mention, Revision, TaggedArticle};

/// Adds the sentences of `earlier` to `known`.
pub fn remember(earlier: &TaggedArticle, known: &mut HashSet<String>) {
    for &(start, end) in &earlier.sentences {
        if let Some(sentence) = earlier.article.text.get(start..end) {
            known.insert(key(sentence));
        }
    }
}

/// `article` without title and without the sentences in `known`; mentions keep their sentences.
pub fn only_new(article: &TaggedArticle, known: &HashSet<String>) -> TaggedArticle {
    let mut new = article.clone();
    new.title_mentions.clear();
    new.article.title = None;
    new.article.text.clear();
    new.sentences.clear();
    new.mentions.clear();
    for &(start, end) in &article.sentences {
        let Some(sentence) = article.article.text.get(start..end) else { continue };
        if known.contains(&key(sentence)) {
            continue;
        }
        let at = new.article.text.len();
        new.article.text.push_str(sentence);
        new.sentences.push((at, new.article.text.len()));
        new.article.text.push('\n');
        let inside = article.mentions.iter().filter(|m| m.start >= start && m.end <= end);
        new.mentions.extend(inside.map(|m| Mention {
            start: m.start - start + at,
            end: m.end - start + at,
            ..m.clone()
        }));
    }
    new
}

/// What the edit `later` of the article `of` has changed in it.
pub fn differences(of: ItemId, earlier: &TaggedArticle, later: &TaggedArticle) -> Revision {
    let mut known = [HashSet::new(), HashSet::new()];
    remember(earlier, &mut known[0]);
    remember(later, &mut known[1]);
    let [before, after] = known;
    let missing = |article: &TaggedArticle, known: &HashSet<String>| {
        let new = |&(start, end): &(usize, usize)| {
            article
                .article
                .text
                .get(start..end)
                .map(key)
                .is_some_and(|key| !key.is_empty() && !known.contains(&key))
        };
        article.sentences.iter().copied().filter(new).collect()
    };
    Revision {
        of,
        added: missing(later, &before),
        removed: missing(earlier, &after),
        retitled: earlier.article.title != later.article.title,
    }
}

/// A sentence as it is compared: letters and digits in lower case, one space between words.
fn key(sentence: &str) -> String {
    let words = sentence.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use vedetta_domain::Article;

    fn article(sentences: &[&str]) -> TaggedArticle {
        let mut tagged = TaggedArticle { article: Article::default(), ..TaggedArticle::default() };
        for sentence in sentences {
            let at = tagged.article.text.len();
            tagged.article.text.push_str(sentence);
            tagged.sentences.push((at, tagged.article.text.len()));
            tagged.article.text.push(' ');
        }
        tagged
    }

    #[test]
    fn only_sentences_that_nobody_told_remain() {
        let mut known = HashSet::new();
        remember(&article(&["The satellite flew.", "Nobody commented."]), &mut known);
        let new = only_new(&article(&["The satellite  flew!", "A second one follows in May."]), &known);
        assert_eq!(new.article.text, "A second one follows in May.\n");
        assert_eq!(new.sentences, [(0, 28)]);
    }

    #[test]
    fn an_edit_is_told_by_its_sentences() {
        let earlier = article(&["The satellite flew.", "It weighs 1,200 kg.", "Nobody commented."]);
        let mut later = article(&["The satellite flew!", "It weighs 2,100 kg.", "Nobody commented.", "…"]);
        later.article.title = Some("Corrected".into());
        let of = ItemId([7; 16]);
        let check =
            |earlier: &TaggedArticle, later: &TaggedArticle, added: &[&str], removed: &[&str], retitled| {
                let found = differences(of, earlier, later);
                let text = |article: &TaggedArticle, ranges: &[(usize, usize)]| {
                    ranges
                        .iter()
                        .map(|(start, end)| article.article.text[*start..*end].to_owned())
                        .collect::<Vec<_>>()
                };
                assert_eq!((found.of, found.retitled), (of, retitled));
                assert_eq!(text(later, &found.added), added);
                assert_eq!(text(earlier, &found.removed), removed);
            };
        check(&earlier, &later, &["It weighs 2,100 kg."], &["It weighs 1,200 kg."], true);
        check(&earlier, &earlier, &[], &[], false);
        check(
            &article(&[]),
            &earlier,
            &["The satellite flew.", "It weighs 1,200 kg.", "Nobody commented."],
            &[],
            false,
        );
    }
}
