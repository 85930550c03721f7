//! Entries of a feed as a forgiving reader sees them: where feed-rs finds none, or fewer than there are.
//!
//! xml5ever's tokenizer takes every text, as a browser does with HTML; what stands here knows what the elements of RSS,
//! RDF, CDF and Atom mean, in whatever order and with whatever missing. Elements are told apart by namespace where
//! one is declared, by the usual prefix where not.

use std::cell::RefCell;
use std::collections::HashMap;

use jiff::Timestamp;
use url::Url;
use vedetta_domain::{Entry, Feed};
use xml5ever::buffer_queue::BufferQueue;
use xml5ever::tendril::StrTendril;
use xml5ever::tokenizer::{ProcessResult, Tag, TagKind, Token, TokenSink, XmlTokenizer};

use crate::{
    date,
    entry_link::{absolute, as_address, rank},
    plain::plain,
};

/// Elements that are open at once; deeper ones are read as text without their nesting.
const DEEPEST: usize = 256;

/// Longest text of one element, in bytes; the rest of it is left out.
const LONGEST: usize = 2_000_000;

/// Namespaces that mean something here, lower case, and the prefix that stands for them. RSS and Atom have none.
const NAMESPACES: &[(&str, &str)] = &[
    ("http://www.w3.org/2005/atom", ""),
    ("http://purl.org/atom/", ""),
    ("http://purl.org/rss/1.0/modules/content", "content"),
    ("http://purl.org/rss/1.0/modules/syndication", "sy"),
    ("http://purl.org/rss/1.0/modules/", "other"),
    ("http://purl.org/rss/1.0/", ""),
    ("http://purl.org/net/rss1.1", ""),
    ("http://my.netscape.com/rdf/simple/0.9/", ""),
    ("http://channel.netscape.com/rdf/simple/0.9/", ""),
    ("http://my.netscape.com/publish/formats/rss-0.91", ""),
    ("http://backend.userland.com/rss", ""),
    ("http://blogs.law.harvard.edu/tech/rss", ""),
    ("http://purl.org/dc/elements/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://www.w3.org/1999/xhtml", "xhtml"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://www.itunes.com/dtds/podcast", "itunes"),
    ("http://www.w3.org/1999/02/22-rdf-syntax-ns", "rdf"),
];

/// The feed in `text`, if it has an entry.
pub(crate) fn read(text: &str, base: &str, now: Timestamp) -> Option<Feed> {
    let reader = Reader { state: RefCell::new(State::new(Url::parse(base).ok(), now)) };
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(text));
    let tokenizer = XmlTokenizer::new(reader, Default::default());
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    let feed = tokenizer.sink.state.into_inner().feed;
    (!feed.entries.is_empty()).then_some(feed)
}

/// How many entries a feed seems to have: beginnings of `<item` and `<entry`, whatever their prefix.
pub(crate) fn count(body: &[u8]) -> usize {
    let begins = |rest: &[u8]| {
        let rest = &rest[..rest.len().min(40)];
        let name = rest.split(|byte| b" \t\r\n>/".contains(byte)).next().unwrap_or_default();
        let name = name.rsplit(|byte| *byte == b':').next().unwrap_or_default();
        name.eq_ignore_ascii_case(b"item") || name.eq_ignore_ascii_case(b"entry")
    };
    body.split(|byte| *byte == b'<').skip(1).filter(|rest| begins(rest)).count()
}

struct Reader {
    state: RefCell<State>,
}

impl TokenSink for Reader {
    type Handle = ();

    fn process_token(&self, token: Token) -> ProcessResult<()> {
        let mut state = self.state.borrow_mut();
        match token {
            Token::Tag(tag) => match tag.kind {
                TagKind::StartTag => state.start(&tag),
                TagKind::EmptyTag => {
                    state.start(&tag);
                    state.close_top();
                }
                TagKind::EndTag => state.end(&tag),
                TagKind::ShortTag => state.close_top(),
            },
            Token::Characters(text) => state.text(&text),
            Token::EndOfFile => state.finish(),
            _ => {}
        }
        ProcessResult::Continue
    }
}

/// Attributes by lower-case name.
type Attributes = Vec<(String, String)>;

/// What prefixes stood for before an element declared them.
type Outer = Vec<(String, Option<String>)>;

/// An element that is open.
struct Open {
    /// As the source writes it, for its end tag.
    written: String,
    /// Lower case, with the prefix that stands for its namespace.
    name: String,
    attributes: Attributes,
    base: Option<Url>,
    /// Prefixes that it declares, to be restored.
    outer: Outer,
    is_entry: bool,
}

/// The text of the field that is being read.
#[derive(Default)]
struct Field {
    /// Depth of its element.
    depth: usize,
    /// Its characters as they are.
    text: String,
    /// The same with the tags inside, as markup.
    markup: String,
    nested: bool,
}

/// An entry as far as it was read. The first of its kind counts, but for what is said of `rank`.
#[derive(Default)]
struct Draft {
    title: Option<(u8, String)>,
    link: Option<(u8, String)>,
    id: Option<String>,
    published: Option<(u8, Timestamp)>,
    summary: Option<(u8, String)>,
    content: Option<(u8, String)>,
}

struct State {
    feed: Feed,
    base: Option<Url>,
    now: Timestamp,
    open: Vec<Open>,
    prefixes: HashMap<String, String>,
    field: Option<Field>,
    draft: Option<Draft>,
}

impl State {
    fn new(base: Option<Url>, now: Timestamp) -> Self {
        Self {
            feed: Feed::default(),
            base,
            now,
            open: Vec::new(),
            prefixes: HashMap::new(),
            field: None,
            draft: None,
        }
    }

    fn start(&mut self, tag: &Tag) {
        if self.open.len() >= DEEPEST {
            return;
        }
        let prefix = tag.name.prefix.as_ref().map(|p| p.to_lowercase()).unwrap_or_default();
        let local = tag.name.local.to_lowercase();
        let written = if prefix.is_empty() { local.clone() } else { format!("{prefix}:{local}") };
        let (attributes, outer) = self.attributes(tag);
        let stands_for = self.prefixes.get(&prefix).unwrap_or(&prefix);
        let name = if stands_for.is_empty() { local } else { format!("{stands_for}:{local}") };
        let is_entry = matches!(name.as_str(), "item" | "entry");
        if is_entry {
            // The one before was not closed.
            while self.draft.is_some() || self.field.is_some() {
                self.close_top();
            }
            self.draft = Some(Draft {
                id: attribute(&attributes, &["rdf:about"]).map(str::to_owned),
                ..Draft::default()
            });
        }
        let outer_base = self.open.last().map_or(&self.base, |open| &open.base);
        let own = attribute(&attributes, &["xml:base"]);
        let base = match (own, outer_base) {
            (Some(own), Some(base)) => base.join(own.trim()).ok().or_else(|| Some(base.clone())),
            (Some(own), None) => Url::parse(own.trim()).ok(),
            (None, base) => base.clone(),
        };
        if is_entry && let (Some(draft), Some(href)) = (&mut self.draft, attribute(&attributes, &["href"])) {
            // CDF says where an item leads on the item itself.
            draft.link = absolute(base.as_ref(), href).map(|link| (1, link));
        }
        let begins_field = !is_entry && self.is_field();
        match &mut self.field {
            Some(field) => {
                field.nested = true;
                field.mark(&format!("<{}>", written.rsplit(':').next().unwrap_or(&written)));
            }
            None if begins_field => {
                self.field = Some(Field { depth: self.open.len(), ..Field::default() });
            }
            None => {}
        }
        self.open.push(Open { written, name, attributes, base, outer, is_entry });
    }

    /// Whether a child of the element on top is a field: the top is an entry or the feed itself.
    fn is_field(&self) -> bool {
        let Some(top) = self.open.last() else { return false };
        if self.draft.is_some() {
            return top.is_entry;
        }
        matches!(top.name.as_str(), "channel" | "feed")
    }

    /// Attributes by lower-case name; namespaces that are declared take effect.
    fn attributes(&mut self, tag: &Tag) -> (Attributes, Outer) {
        let (mut attributes, mut outer) = (Vec::new(), Vec::new());
        for attribute in tag.attrs.iter().take(64) {
            let prefix = attribute.name.prefix.as_ref().map(|p| p.to_lowercase()).unwrap_or_default();
            let local = attribute.name.local.to_lowercase();
            let value = attribute.value.to_string();
            if prefix == "xmlns" || (prefix.is_empty() && local == "xmlns") {
                let declared = if prefix.is_empty() { String::new() } else { local };
                let uri = value.trim().to_lowercase();
                let known = NAMESPACES.iter().find(|(start, _)| uri.starts_with(start));
                // An unknown default namespace is taken for that of the feed.
                let stands_for = known.map_or(declared.as_str(), |(_, prefix)| prefix).to_owned();
                let before = self.prefixes.insert(declared.clone(), stands_for);
                outer.push((declared, before));
            } else if prefix.is_empty() {
                attributes.push((local, value));
            } else {
                attributes.push((format!("{prefix}:{local}"), value));
            }
        }
        (attributes, outer)
    }

    fn text(&mut self, text: &str) {
        if let Some(field) = &mut self.field
            && field.text.len() + text.len() <= LONGEST
        {
            field.text.push_str(text);
            field.mark(&text.replace('&', "&amp;").replace('<', "&lt;"));
        }
    }

    fn end(&mut self, tag: &Tag) {
        let prefix = tag.name.prefix.as_ref().map(|p| p.to_lowercase());
        let local = tag.name.local.to_lowercase();
        let written = prefix.map_or(local.clone(), |prefix| format!("{prefix}:{local}"));
        // An end without a beginning ends nothing; a beginning without an end ends with what it stands in.
        let Some(at) = self.open.iter().rposition(|open| open.written == written) else { return };
        let inside_entry = self.open[at..].iter().skip(1).any(|open| open.is_entry);
        let structure = ["channel", "feed", "rss", "rdf:rdf", "rdf"].contains(&written.as_str());
        if inside_entry && !structure {
            return;
        }
        while self.open.len() > at {
            self.close_top();
        }
    }

    fn close_top(&mut self) {
        let Some(top) = self.open.pop() else {
            self.field = None;
            self.draft = None;
            return;
        };
        match self.field.take() {
            Some(field) if field.depth == self.open.len() => self.keep(&top, field),
            Some(mut field) => {
                field.mark(&format!("</{}>", top.written.rsplit(':').next().unwrap_or(&top.written)));
                self.field = Some(field);
            }
            None => {}
        }
        if top.is_entry
            && let Some(draft) = self.draft.take()
        {
            self.feed.entries.push(entry(draft));
        }
        for (prefix, before) in top.outer.into_iter().rev() {
            match before {
                Some(before) => self.prefixes.insert(prefix, before),
                None => self.prefixes.remove(&prefix),
            };
        }
    }

    /// What is open when the text ends was cut off: its last field, and the entry too unless it can stand alone.
    fn finish(&mut self) {
        self.field = None;
        if let Some(draft) = self.draft.take()
            && draft.title.is_some()
            && (draft.link.is_some() || draft.id.is_some())
        {
            self.feed.entries.push(entry(draft));
        }
        self.open.clear();
    }

    fn keep(&mut self, element: &Open, field: Field) {
        let value = if field.nested { field.markup } else { field.text };
        let Some(draft) = &mut self.draft else {
            match element.name.as_str() {
                "title" if self.feed.title.is_none() => self.feed.title = plain(&value),
                "language" | "dc:language" if self.feed.language.is_none() => {
                    self.feed.language = plain(&value);
                }
                "ttl" => {
                    self.feed.ttl_s =
                        value.trim().parse::<u32>().ok().map(|minutes| minutes.saturating_mul(60));
                }
                _ => {}
            }
            return;
        };
        let better = |old: &Option<(u8, String)>, rank: u8| old.as_ref().is_none_or(|(of, _)| *of > rank);
        let base = element.base.as_ref();
        match element.name.as_str() {
            name @ ("title" | "dc:title" | "itunes:title" | "media:title") => {
                let rank = u8::from(name != "title") + u8::from(name == "media:title");
                if better(&draft.title, rank) {
                    draft.title = plain(&value).map(|title| (rank, title)).or(draft.title.take());
                }
            }
            "link" => {
                let href = attribute(&element.attributes, &["href"]).unwrap_or(&value);
                let said = |name| attribute(&element.attributes, &[name]);
                let rank = rank(said("rel"), said("type"));
                if let Some(rank) = rank.filter(|rank| better(&draft.link, *rank) && !href.trim().is_empty())
                {
                    draft.link = absolute(base, href).map(|link| (rank, link)).or(draft.link.take());
                }
            }
            "guid" | "id" => {
                draft.id = Some(value.trim().to_owned()).filter(|id| !id.is_empty()).or(draft.id.take());
            }
            name @ ("pubdate" | "published" | "issued" | "dcterms:issued" | "updated" | "modified"
            | "dc:date" | "dcterms:modified" | "created" | "dcterms:created" | "lastmod") => {
                let rank = match name {
                    "pubdate" | "published" | "issued" | "dcterms:issued" => 0,
                    "updated" | "modified" | "dc:date" | "dcterms:modified" => 1,
                    _ => 2,
                };
                if draft.published.is_none_or(|(of, _)| of > rank)
                    && let Some(at) = date::parse(&value, self.now)
                {
                    draft.published = Some((rank, at));
                }
            }
            name @ ("description" | "summary" | "abstract" | "itunes:summary" | "dc:description") => {
                let rank = u8::from(name.contains(':'));
                if better(&draft.summary, rank) {
                    draft.summary = plain(&value).map(|text| (rank, text)).or(draft.summary.take());
                }
            }
            name @ ("content:encoded" | "content" | "body" | "xhtml:body" | "xhtml:div" | "fullitem") => {
                let rank = u8::from(name != "content:encoded");
                if better(&draft.content, rank) && !value.trim().is_empty() {
                    draft.content = Some((rank, value));
                }
            }
            _ => {}
        }
    }
}

impl Field {
    fn mark(&mut self, markup: &str) {
        if self.markup.len() + markup.len() <= LONGEST {
            self.markup.push_str(markup);
        }
    }
}

fn entry(draft: Draft) -> Entry {
    let id = draft.id.unwrap_or_default();
    Entry {
        url: draft.link.map(|(_, link)| link).or_else(|| as_address(&id)),
        key: id,
        title: draft.title.map(|(_, title)| title),
        published: draft.published.map(|(_, at)| at),
        summary: draft.summary.map(|(_, text)| text),
        content: draft.content.map(|(_, text)| text),
    }
}

fn attribute<'a>(attributes: &'a Attributes, names: &[&str]) -> Option<&'a str> {
    attributes.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| value.as_str())
}
