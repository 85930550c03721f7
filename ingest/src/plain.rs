//! Markup to plain text, for titles and summaries.

use scraper::Html;

/// Longest markup that is read for a title or summary, in bytes.
const LONGEST: usize = 200_000;

/// Text without markup and with single spaces; `None` when nothing is left.
pub fn plain(markup: &str) -> Option<String> {
    let mut end = markup.len().min(LONGEST);
    while !markup.is_char_boundary(end) {
        end -= 1;
    }
    let markup = &markup[..end];
    let text = if markup.contains('<') || markup.contains('&') {
        let fragment = Html::parse_fragment(markup);
        let unseen = |name: &str| matches!(name, "script" | "style" | "template");
        let shown = fragment.root_element().descendants().filter(|node| {
            node.value().is_text()
                && !node.ancestors().any(|up| up.value().as_element().is_some_and(|up| unseen(up.name())))
        });
        let parts = shown.filter_map(|node| node.value().as_text().map(|text| &text[..]));
        parts.collect::<Vec<&str>>().join(" ")
    } else {
        markup.to_owned()
    };
    fold(&text)
}

/// Single spaces between words, no control characters; `None` when nothing is left.
pub fn fold(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let folded = words.collect::<Vec<_>>().join(" ");
    (!folded.is_empty()).then_some(folded)
}
