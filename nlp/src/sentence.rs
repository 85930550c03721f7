//! Where sentences begin and end, in Italian and English prose.

/// Words whose full stop ends no sentence. Lower case, without the stop.
const ABBREVIATIONS: &[&str] = &[
    // titles
    "mr",
    "mrs",
    "ms",
    "dr",
    "prof",
    "sen",
    "rep",
    "gov",
    "gen",
    "col",
    "lt",
    "maj",
    "capt",
    "cmdr",
    "adm",
    "sgt",
    "rev",
    "hon",
    "pres",
    "st",
    "jr",
    "sr",
    "sig",
    "sigg",
    "dott",
    "ing",
    "avv",
    "arch",
    "geom",
    "rag",
    "on",
    "amm",
    "cap",
    "ten",
    "magg",
    "mons",
    "min",
    "sottosegr",
    "amb",
    "sen",
    "dep",
    // references and numbers
    "no",
    "nos",
    "n",
    "nn",
    "nr",
    "art",
    "artt",
    "pag",
    "pagg",
    "pp",
    "p",
    "vol",
    "fig",
    "figg",
    "cit",
    "cfr",
    "cf",
    "ed",
    "eds",
    "ca",
    "circa",
    "tab",
    "par",
    "cpv",
    "lett",
    "sec",
    "sez",
    "ch",
    "vs",
    "es",
    "eg",
    "ie",
    "viz",
    "approx",
    "mln",
    "mld",
    "tel",
    "ext",
    "est",
    // firms and places
    "inc",
    "ltd",
    "co",
    "corp",
    "bros",
    "dept",
    "univ",
    "gov",
    "mt",
    "ave",
    "blvd",
    "ft",
    "s",
    // months
    "jan",
    "feb",
    "mar",
    "apr",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "gen",
    "febbr",
    "sett",
    "ott",
    "dic",
];
/// Abbreviations that close a sentence as often as not: a capital after them begins a new one.
const CLOSING: &[&str] = &["inc", "ltd", "co", "corp", "ecc", "etc"];

/// Byte ranges of the sentences of `text`, in order, without the white space around them.
///
/// A newline always ends a sentence. Every byte that is not white space lies in exactly one range.
pub fn sentences(text: &str) -> Vec<(usize, usize)> {
    let mut ranges = Vec::new();
    let mut begin = 0;
    for (at, line) in text.split_inclusive('\n').scan(0, |sum, line| {
        let at = *sum;
        *sum += line.len();
        Some((at, line))
    }) {
        begin = begin.max(at);
        let mut chars = line.char_indices().peekable();
        while let Some((i, c)) = chars.next() {
            if !matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？') {
                continue;
            }
            let stop = i;
            // More stops, closing quotes and brackets stay with the sentence.
            let mut end = i + c.len_utf8();
            while let Some(&(j, next)) = chars.peek() {
                if !is_closing(next) {
                    break;
                }
                end = j + next.len_utf8();
                chars.next();
            }
            let wide = matches!(c, '。' | '！' | '？');
            if (wide || begins_anew(&line[end..]))
                && !(c == '.' && is_abbreviation(&line[..stop], &line[end..]))
            {
                push(text, &mut ranges, begin, at + end);
                begin = at + end;
            }
        }
        push(text, &mut ranges, begin, at + line.len());
        begin = at + line.len();
    }
    ranges
}

fn push(text: &str, ranges: &mut Vec<(usize, usize)>, begin: usize, end: usize) {
    let slice = &text[begin..end];
    let start = begin + (slice.len() - slice.trim_start().len());
    let end = begin + slice.trim_end().len();
    if start < end {
        ranges.push((start, end));
    }
}

fn is_closing(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | '”' | '’' | '»' | '›' | ')' | ']' | '}')
}

/// Whether what follows a stop looks like a sentence's beginning.
fn begins_anew(rest: &str) -> bool {
    let trimmed = rest.trim_start();
    if trimmed.len() == rest.len() {
        return rest.is_empty();
    }
    let first = trimmed.trim_start_matches(|c: char| {
        matches!(c, '"' | '\'' | '“' | '‘' | '«' | '‹' | '(' | '[' | '„' | '—' | '–' | '-' | '¿' | '¡' | ' ')
    });
    match first.chars().next() {
        None => true,
        // Scripts without letter case begin a sentence with any letter.
        Some(c) => c.is_uppercase() || c.is_numeric() || (c.is_alphabetic() && !c.is_lowercase()),
    }
}

/// Whether the stop after `before` belongs to an abbreviation, an initial or a number ("n. 5").
fn is_abbreviation(before: &str, after: &str) -> bool {
    let word = before
        .rsplit(|c: char| c.is_whitespace() || matches!(c, '(' | '[' | '"' | '“' | '«' | '\'' | '’' | '/'))
        .next()
        .unwrap_or("");
    let next = after.trim_start();
    let mut letters = word.chars();
    if let (Some(c), None) = (letters.next(), letters.next())
        && c.is_uppercase()
    {
        // An initial: "J. Smith". "Plan B. Then" is rarer than names are.
        return true;
    }
    // U.S., U.K., S.p.A., d.C.: single letters parted by stops.
    if word.contains('.') && word.split('.').all(|part| part.chars().count() <= 2) {
        return !starts_with_article(next);
    }
    // Nothing recognised is longer, and hostile text has words of a megabyte.
    if word.len() > 12 {
        return false;
    }
    let lower = word.to_lowercase();
    if CLOSING.contains(&lower.as_str()) {
        return next.starts_with(|c: char| c.is_lowercase());
    }
    if lower == "no" || lower == "n" || lower == "on" || lower == "es" || lower == "est" || lower == "circa" {
        // "No." is a number only before a number, "on." a title only before a name.
        let digit = next.starts_with(|c: char| c.is_numeric());
        return match lower.as_str() {
            "on" => word.starts_with('O') || before.ends_with("'on") || before.ends_with("’on"),
            "n" => true,
            _ => digit,
        };
    }
    if matches!(lower.as_str(), "art" | "min" | "est" | "mar" | "ten" | "par" | "cap" | "sec" | "gen" | "tab")
    {
        // Words of their own too ("modern art."): a stop before a number or a capitalised rank only.
        let digit = next.starts_with(|c: char| c.is_numeric());
        return digit || word.starts_with(char::is_uppercase);
    }
    ABBREVIATIONS.contains(&lower.as_str())
}

/// "in the U.S. The talks": words that hardly ever go on a name.
fn starts_with_article(next: &str) -> bool {
    let word = next.split(|c: char| !c.is_alphabetic()).next().unwrap_or("");
    matches!(
        word,
        "The"
            | "A"
            | "An"
            | "It"
            | "He"
            | "She"
            | "They"
            | "In"
            | "On"
            | "But"
            | "And"
            | "This"
            | "That"
            | "We"
            | "Il"
            | "La"
            | "Lo"
            | "Le"
            | "I"
            | "Gli"
            | "Un"
            | "Una"
            | "Nel"
            | "Ma"
            | "Per"
            | "Si"
    )
}
