//! The text blocks of a page, and what tells an article's from the rest: which extractors took them, how they are
//! written, and where they stand.
//!
//! The order of the features is that of the trees that were trained on them (`training/blocks.py`): a change here needs
//! new trees.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::LazyLock;

use ego_tree::{NodeId, iter::Edge};
use regex::RegexSet;
use scraper::{ElementRef, Html, Node};

use crate::plain::fold;

/// Votes that a page's blocks get: one for each extractor.
pub const EXTRACTORS: usize = 3;

/// Elements that begin a block of their own.
const BLOCKS: &[&str] = &[
    "p",
    "div",
    "li",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "td",
    "th",
    "section",
    "article",
    "main",
    "header",
    "footer",
    "nav",
    "aside",
    "ul",
    "ol",
    "dl",
    "dd",
    "dt",
    "table",
    "tr",
    "figure",
    "figcaption",
    "form",
    "body",
    "html",
    "fieldset",
    "address",
    "details",
    "summary",
    "center",
    "tbody",
    "thead",
];

/// Elements whose text no reader sees, or whose text is a control's.
const UNSEEN: &[&str] =
    &["script", "style", "noscript", "template", "head", "svg", "select", "button", "iframe", "textarea"];

/// Kinds of the block's own element.
const KINDS: &[&str] = &["p", "li", "td", "div", "h", "blockquote", "pre", "dd", "figcaption"];

/// Elements around a block that say something.
const AROUND: &[&str] =
    &["article", "main", "nav", "footer", "aside", "header", "form", "figure", "ul", "table", "section"];

/// What ids and classes around a block say, in the languages of the pages that it was seen on.
static NAMES: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"(?i)comment|kommentar|respond|disqus|discuss",
        r"(?i)relat|teaser|recommend|more-|mehr|leggi|correl|lire|similar|popular|suggest|see-also|readmore|read-more",
        r"(?i)share|social|sharing|follow|facebook|twitter|whatsapp",
        r"(?i)author|bio|autor|byline|profile|avatar",
        r"(?i)meta|date|time|tags?\b|categor|breadcrumb|info|byline|posted|label",
        r"(?i)caption|credit|copyright|foto|photo|image|img|figure|gallery|slide",
        r"(?i)newsletter|subscri|abo\b|signup|sign-up|login|register|paywall|premium|promo|banner|advert|\bad|sponsor",
        r"(?i)nav|menu|footer|header|sidebar|widget|toolbar|topbar|cookie|consent|search|modal|popup|overlay|pagin|skip",
        r"(?i)content|article|post|entry|body|text|story|main|inhalt|beitrag|artikel",
    ])
    .unwrap_or_else(|_| RegexSet::empty())
});

/// Number of names that are looked for, and the last one: the article's own.
const NAMED: usize = 9;

/// Elements around a block whose names count.
const NEAR: usize = 6;

/// A stretch of text in one block element.
pub struct Block {
    /// Its text, single spaces.
    pub text: String,
    /// Letters and digits in small letters: what is looked for in an extractor's text.
    key: String,
    letters: usize,
    linked: usize,
    /// Names of its element and those around it, innermost first.
    around: Vec<&'static str>,
    named: [bool; NAMED],
    own_named: bool,
    /// What its element stands in.
    container: Option<NodeId>,
    /// Whether it stands in what templates call menus, comments, teasers; and close to that.
    dress: [bool; 2],
}

impl Block {
    fn begin(
        text: &str,
        letters: usize,
        linked: usize,
        container: Option<NodeId>,
        open: &[Open<'_>],
    ) -> Self {
        let mut block = Self {
            text: text.to_owned(),
            key: String::new(),
            letters,
            linked,
            around: open.iter().rev().map(|open| open.name).collect(),
            named: [false; NAMED],
            own_named: false,
            container,
            dress: [open.iter().any(|open| open.dress), open.iter().rev().take(3).any(|open| open.dress)],
        };
        for (distance, open) in open.iter().rev().take(NEAR).enumerate() {
            let found = open.named.get_or_init(|| named(open.element));
            for (all, one) in block.named.iter_mut().zip(*found) {
                *all |= one;
            }
            block.own_named |= distance == 0 && found[NAMED - 1];
        }
        block
    }

    /// Whether its own element is a heading.
    pub fn is_heading(&self) -> bool {
        self.around.iter().take(3).any(|name| *name == "h")
    }

    /// Whether most of it is a link.
    pub fn is_linked(&self) -> bool {
        2 * self.linked > self.letters
    }
}

/// An element whose end is not yet reached, with what it takes over from those around it.
struct Open<'a> {
    element: ElementRef<'a>,
    name: &'static str,
    /// The innermost element around the text that begins a block, and its parent.
    own: Option<(NodeId, Option<NodeId>)>,
    /// Whether the text is a link within that block.
    linked: bool,
    unseen: bool,
    dress: bool,
    named: OnceCell<[bool; NAMED]>,
}

impl<'a> Open<'a> {
    fn new(element: ElementRef<'a>, outer: Option<&Self>, dress: bool) -> Self {
        let name = element.value().name();
        let begins = BLOCKS.contains(&name);
        let parent = || element.parent().map(|parent| parent.id());
        Self {
            element,
            name: known(name),
            own: if begins { Some((element.id(), parent())) } else { outer.and_then(|outer| outer.own) },
            linked: !begins && (name == "a" || outer.is_some_and(|outer| outer.linked)),
            unseen: UNSEEN.contains(&name) || outer.is_some_and(|outer| outer.unseen),
            dress,
            named: OnceCell::new(),
        }
    }
}

/// The blocks of a page in the order of its text. `is_dress` says whether an element is never the article.
pub fn blocks(document: &Html, is_dress: impl Fn(NodeId) -> bool) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut last: Option<NodeId> = None;
    let mut open: Vec<Open<'_>> = Vec::new();
    for edge in document.tree.root().traverse() {
        let (node, ends) = match edge {
            Edge::Open(node) => (node, false),
            Edge::Close(node) => (node, true),
        };
        if let Some(element) = ElementRef::wrap(node) {
            if ends {
                open.pop();
            } else {
                open.push(Open::new(element, open.last(), is_dress(node.id())));
            }
        }
        let (Node::Text(text), false) = (node.value(), ends) else { continue };
        let trimmed = text.trim();
        let Some(innermost) = open.last().filter(|innermost| !innermost.unseen && !trimmed.is_empty()) else {
            continue;
        };
        let Some((own, container)) = innermost.own else { continue };
        let letters = trimmed.chars().count();
        let linked = if innermost.linked { letters } else { 0 };
        if last == Some(own)
            && let Some(block) = blocks.last_mut()
        {
            block.text.push_str(text);
            block.letters += letters;
            block.linked += linked;
            continue;
        }
        last = Some(own);
        blocks.push(Block::begin(text, letters, linked, container, &open));
    }
    for block in &mut blocks {
        block.text = fold(&block.text).unwrap_or_default();
        block.key = key(&block.text);
    }
    blocks
}

fn named(element: ElementRef<'_>) -> [bool; NAMED] {
    let value = element.value();
    let text =
        format!("{}#{}.{}", value.name(), value.attr("id").unwrap_or(""), value.attr("class").unwrap_or(""));
    let mut found = [false; NAMED];
    for i in NAMES.matches(&text) {
        found[i] = true;
    }
    found
}

/// The name as a constant, where it says something.
fn known(name: &str) -> &'static str {
    if name.len() == 2 && name.starts_with('h') && name.ends_with(|c: char| c.is_ascii_digit()) {
        return "h";
    }
    let lists = KINDS.iter().chain(AROUND);
    lists.copied().find(|known| *known == name).unwrap_or("other")
}

/// Letters and digits alone, in small letters.
pub fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric() || *c == '_').flat_map(char::to_lowercase).collect()
}

/// A row of features for every block. `texts` are what the extractors made of the page, `title` is its headline.
pub fn features(blocks: &[Block], title: Option<&str>, texts: [&str; EXTRACTORS]) -> Vec<Vec<f32>> {
    let title = title.map(key).unwrap_or_default();
    let keys = texts.map(key);
    let votes: Vec<[f32; EXTRACTORS]> = blocks
        .iter()
        .map(|block| {
            std::array::from_fn(|i| {
                flag(
                    !block.key.is_empty()
                        && memchr::memmem::find(keys[i].as_bytes(), block.key.as_bytes()).is_some(),
                )
            })
        })
        .collect();
    let share: Vec<f32> = votes.iter().map(|votes| votes.iter().sum::<f32>() / EXTRACTORS as f32).collect();
    let first = share.iter().position(|share| *share >= 0.5);
    let last = share.iter().rposition(|share| *share >= 0.5);
    let (low, high) = first.zip(last).unwrap_or((0, blocks.len()));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for block in blocks {
        *seen.entry(&block.key).or_default() += 1;
    }
    // Letters, and letters weighed by votes, of everything in one container.
    let mut containers: HashMap<Option<NodeId>, (f32, f32, f32)> = HashMap::new();
    for (block, share) in blocks.iter().zip(&share) {
        let (letters, voted, count) = containers.entry(block.container).or_default();
        *letters += block.letters as f32;
        *voted += block.letters as f32 * share;
        *count += 1.0;
    }
    let at = |i: isize| usize::try_from(i).ok().and_then(|i| share.get(i)).copied().unwrap_or(0.0);
    blocks
        .iter()
        .enumerate()
        .map(|(i, block)| {
            let sum: f32 = votes[i].iter().sum();
            let length = block.text.chars().count() as f32;
            let words = block.text.split(' ').count();
            let link = block.linked as f32 / block.letters.max(1) as f32;
            let inside = low <= i && i <= high;
            let here = i as isize;
            let around = &share[i.saturating_sub(5)..(i + 6).min(share.len())];
            let digits = block.text.chars().filter(char::is_ascii_digit).count() as f32;
            let mut row = votes[i].to_vec();
            row.extend([flag(sum >= 2.0), flag(sum == EXTRACTORS as f32), flag(sum == 0.0)]);
            row.extend([
                (1.0 + length).ln() / 5.0,
                length.min(80.0) / 80.0,
                link,
                flag(block.text.ends_with(['.', '!', '?', '…', '"', '”', '»'])),
                block.text.matches(',').count() as f32 / (words + 1) as f32,
                flag(words < 4),
                flag(words < 10),
                flag(words > 25),
            ]);
            row.extend(KINDS.iter().map(|kind| flag(block.around.first() == Some(kind))));
            row.extend(AROUND.iter().map(|name| flag(block.around.contains(name))));
            row.extend(block.named.map(flag));
            row.extend([flag(block.own_named), flag(inside), flag(i < low), flag(i > high)]);
            row.extend([
                at(here - 1),
                at(here + 1),
                (at(here - 2) + at(here - 1) + at(here + 1) + at(here + 2)) / 4.0,
                around.iter().sum::<f32>() / around.len() as f32,
            ]);
            row.extend([
                flag(seen.get(block.key.as_str()).is_some_and(|count| *count > 1)),
                flag(block.text.contains('©')),
                flag(digits / length.max(1.0) > 0.2),
                flag(is_upper(&block.text)),
                flag(inside) * share[i],
                flag(link > 0.5) * share[i],
            ]);
            row.extend(block.dress.map(flag));
            let (letters, voted, count) = containers.get(&block.container).copied().unwrap_or_default();
            row.extend([voted / letters.max(1.0), count.ln_1p(), letters.ln_1p()]);
            let is_title = !title.is_empty() && block.key == title;
            row.extend([flag(is_title), i as f32 / blocks.len().max(1) as f32]);
            row
        })
        .collect()
}

fn is_upper(text: &str) -> bool {
    text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

fn flag(yes: bool) -> f32 {
    f32::from(u8::from(yes))
}
