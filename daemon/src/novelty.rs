//! Which sentences of an article no earlier telling of its story had.

use std::collections::HashSet;

use vedetta_domain::{Mention, TaggedArticle};

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
}
