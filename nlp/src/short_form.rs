//! Short forms that an article defines in brackets: "Shanghai Academy of Spaceflight Technology (Sast)".

use aho_corasick::{AhoCorasick, MatchKind};
use vedetta_domain::EntityKind;

use crate::lexicon::is_word;

/// A short form and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) short: String,
    pub(crate) kind: EntityKind,
    /// The known entity whose name stands before the bracket.
    pub(crate) entity: Option<usize>,
}

/// A name that a bracket may follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LongForm {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) kind: EntityKind,
    pub(crate) entity: Option<usize>,
}

/// At most this many definitions are kept of one article.
const MOST: usize = 200;

/// The definition behind each of `names` that has one.
pub(crate) fn definitions(text: &str, names: &[LongForm]) -> Vec<Definition> {
    let mut out: Vec<Definition> = Vec::new();
    for name in names.iter().filter(|name| name.kind != EntityKind::Per) {
        let Some(short) = bracket(&text[name.end..]) else { continue };
        let long = &text[name.start..name.end];
        // A place's bracket is often its country, so there the letters must fit; capitals elsewhere speak for themselves.
        let capitals = short.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        let fits = is_abbreviated(long, short);
        let enough = fits || (capitals && name.kind != EntityKind::Loc && long.contains(' '));
        if !enough || long == short {
            continue;
        }
        if let Some(old) = out.iter_mut().find(|old| old.short == short) {
            // A known name before the bracket says more than an unknown one.
            old.entity = old.entity.or(name.entity);
        } else if out.len() < MOST {
            out.push(Definition { short: short.to_owned(), kind: name.kind, entity: name.entity });
        }
    }
    out
}

/// The short form in brackets at the beginning of `rest`: `(Sast)`, `(SUPARCO, Islamabad)`, `("CASC")`.
fn bracket(rest: &str) -> Option<&str> {
    let inner = rest.trim_start_matches([' ', '\u{a0}', '"', '”', '»']).strip_prefix('(')?;
    let inner = inner.trim_start_matches(['"', '“', '«', '‘', '\'', ' ']);
    let length =
        inner.find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '&' | '.'))).unwrap_or(inner.len());
    let short = inner[..length].trim_end_matches('.');
    let letters = short.chars().filter(|c| c.is_alphabetic()).take(13).count();
    let closes =
        inner[length..].trim_start_matches(['"', '”', '»', '’', '\'', ' ']).starts_with([')', ',', ';']);
    (closes && (2..=12).contains(&letters) && short.starts_with(char::is_uppercase)).then_some(short)
}

/// Whether the letters of `short` stand in this order in `long`, beginning with the first letter of one of its words.
fn is_abbreviated(long: &str, short: &str) -> bool {
    let short: Vec<char> = short.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase).collect();
    let words: Vec<&str> =
        long.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        return false;
    }
    (0..words.len()).any(|from| {
        let mut letters = words[from..].iter().flat_map(|word| word.chars()).flat_map(char::to_lowercase);
        let first = letters.next();
        first == short.first().copied() && short[1..].iter().all(|c| letters.any(|l| l == *c))
    })
}

/// Byte ranges of the defined short forms in `text`, exactly as defined, with the definition's number.
pub(crate) fn occurrences(text: &str, definitions: &[Definition]) -> Vec<(usize, usize, usize)> {
    whole_words(text, definitions.iter().map(|d| d.short.as_str()))
}

/// Byte ranges of `words` in `text`, with the word's number: leftmost-longest, as whole words, in the same letters.
pub(crate) fn whole_words<'a>(
    text: &str,
    words: impl Iterator<Item = &'a str>,
) -> Vec<(usize, usize, usize)> {
    let words: Vec<&str> = words.collect();
    if words.is_empty() {
        return Vec::new();
    }
    let Ok(automaton) = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&words) else {
        tracing::warn!(words_count = words.len(), "names of one article could not be searched");
        return Vec::new();
    };
    automaton
        .find_iter(text)
        .filter(|found| is_word(text, found.start(), found.end()))
        .map(|found| (found.start(), found.end(), found.pattern().as_usize()))
        .collect()
}

#[cfg(test)]
mod tests {
    use vedetta_domain::EntityKind;

    use super::{LongForm, definitions};

    fn check(text: &str, long: &str, kind: EntityKind, want: Option<&str>) {
        let start = text.find(long).unwrap();
        let name = LongForm { start, end: start + long.len(), kind, entity: Some(0) };
        let got = definitions(text, &[name]);
        assert_eq!(got.first().map(|d| d.short.as_str()), want, "{text}");
    }

    #[test]
    fn brackets() {
        use EntityKind::{Loc, Org, Per};
        let academy = "Shanghai Academy of Spaceflight Technology";
        check("the Shanghai Academy of Spaceflight Technology (Sast, part of", academy, Org, Some("Sast"));
        check("Shanghai Academy of Spaceflight Technology (“SAST”).", academy, Org, Some("SAST"));
        check("Agenzia spaziale europea (ESA)", "Agenzia spaziale europea", Org, Some("ESA"));
        check("Karachi (Sindh)", "Karachi", Loc, None);
        check("Jiuquan Satellite Launch Center (JSLC)", "Jiuquan Satellite Launch Center", Loc, Some("JSLC"));
        check("Mario Rossi (PD)", "Mario Rossi", Per, None);
        check("Space Agency (2018)", "Space Agency", Org, None);
        check("Space Agency (see below)", "Space Agency", Org, None);
        check("Space Agency (", "Space Agency", Org, None);
    }
}
