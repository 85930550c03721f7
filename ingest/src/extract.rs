//! A page's bytes to the article that a reader sees: its blocks, chosen by the votes of three readings (the
//! `trafilatura` crate on the page as it is and without its dress, and a reader view), with per-site selectors above.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ego_tree::NodeId;
use jiff::Timestamp;
use scraper::{ElementRef, Html, Node};
use vedetta_domain::{Article, Page, PageKind, PageRules};

use crate::{
    ReadError, blocks, blocks::Block, charset, depth::depth, dress, furniture::is_furniture, kind,
    kind::Links, listing::selector, meta, pdf, plain::fold, readings, readings::Readings, report, trees,
};

/// Elements nested deeper than this are an attack on a parser, not a page.
const DEEPEST: usize = 2_000;

/// Stack on which pages are read: parsers recurse along the nesting. Of the same thread: a new one for every page would
/// begin with cold caches of memory.
const STACK: usize = 256 << 20;

/// A block this likely is the article's. Of the values from 0.3 to 0.5 it did best on the half for tuning, by a hair.
const LIKELY: f32 = 0.4;

/// The same for a heading with a part of the article right below it, and one above.
const LIKELY_HEADING: f32 = 0.1;

/// A text of fewer characters is next to none.
const FEW: usize = 200;

/// Reads the article of a page.
pub fn extract(page: &Page, rules: &PageRules, now: Timestamp) -> Result<Article, ReadError> {
    if page.body.iter().all(u8::is_ascii_whitespace) {
        return Err(ReadError::Empty { url: page.url.clone() });
    }
    if pdf::is_pdf(page) {
        return on_a_deep_stack(page, || pdf::read(page, now));
    }
    let html = text_of_page(page);
    if depth(&html) > DEEPEST {
        return Err(ReadError::TooDeep { url: page.url.clone(), limit: DEEPEST });
    }
    on_a_deep_stack(page, || read(&html, page, rules, now))
}

fn on_a_deep_stack(
    page: &Page,
    read: impl FnOnce() -> Result<Article, ReadError>,
) -> Result<Article, ReadError> {
    let read = || catch_unwind(AssertUnwindSafe(read));
    stacker::grow(STACK, read).unwrap_or_else(|_| {
        Err(ReadError::NoArticle { url: page.url.clone(), why: "the extractor failed on it".to_owned() })
    })
}

fn read(html: &str, page: &Page, rules: &PageRules, now: Timestamp) -> Result<Article, ReadError> {
    let mut document = Html::parse_document(html);
    let declared = meta::read(&document, &page.url, now);
    for rule in &rules.remove {
        let doomed: Vec<NodeId> = document.select(&selector(rule)?).map(|element| element.id()).collect();
        detach(&mut document, &doomed);
    }
    let report = report::find(&document, &page.url);
    let (text, links) = match &rules.body {
        Some(body) => by_rule(&document, body)?,
        None => general(document, html, page, declared.title.as_deref(), rules.remove.is_empty())?,
    };
    let text = without_title(&text, declared.title.as_deref());
    // A page that calls itself an article may carry as many teasers as it likes.
    let links = if declared.is_article { Links { headlines: 0, ..links } } else { links };
    let mut kind = kind::of(declared.title.as_deref(), &text, links);
    if kind == PageKind::Listing && rules.body.is_some() {
        kind = PageKind::Article;
    }
    let report = report.filter(|_| text.chars().count() < report::ABSTRACT);
    let article = Article {
        report,
        url: page.url.clone(),
        canonical_url: declared.canonical_url,
        title: declared.title,
        text,
        published: declared.published,
        authors: declared.authors,
        site_name: declared.site_name,
        declared_language: declared.language.or_else(|| page.content_language.clone()),
        kind,
    };
    Ok(article)
}

fn detach(document: &mut Html, doomed: &[NodeId]) {
    for id in doomed {
        if let Some(mut node) = document.tree.get_mut(*id) {
            node.detach();
        }
    }
}

fn by_rule(document: &Html, body: &str) -> Result<(String, Links), ReadError> {
    let paragraphs = selector("p, li, h2, h3, h4, blockquote")?;
    let mut lines = Vec::new();
    for part in document.select(&selector(body)?) {
        let inner: Vec<String> = part
            .select(&paragraphs)
            .filter_map(|line| fold(&line.text().collect::<Vec<_>>().join(" ")))
            .collect();
        if inner.is_empty() {
            lines.extend(fold(&part.text().collect::<Vec<_>>().join(" ")));
        } else {
            lines.extend(inner);
        }
    }
    lines.dedup();
    Ok((lines.join("\n"), Links::default()))
}

/// The text of the blocks that are the article's, by the votes of three readings and by what they look like.
fn general(
    document: Html,
    original: &str,
    page: &Page,
    title: Option<&str>,
    may_fall_back: bool,
) -> Result<(String, Links), ReadError> {
    let Rated { blocks, rows, document, undressed } = rate(document, page, title)?;
    let kept = kept(&blocks, &rows);
    let lines = blocks.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(block, _)| block.text.as_str());
    let mut text = lines.collect::<Vec<_>>().join("\n");
    // Where the blocks are next to nothing, the page is not built like others: a much longer reading counts.
    if may_fall_back && text.chars().count() < FEW {
        for other in [undressed, readings::whole(original, page)] {
            if other.chars().count() > 3 * text.chars().count() {
                text = other;
            }
        }
    }
    let mut links = links(&document, &text);
    links.headlines = links.headlines.max(teasers(&blocks, &kept));
    Ok((text, links))
}

/// Which blocks are the article's: the likely ones, and headings that stand between them.
fn kept(blocks: &[Block], rows: &[Vec<f32>]) -> Vec<bool> {
    let chance = trees::probabilities(rows);
    let likely = |at: usize| chance.get(at).is_some_and(|chance| *chance >= LIKELY);
    let heads = |at: usize| {
        let above = (1..=3).any(|back| at.checked_sub(back).is_some_and(likely));
        blocks[at].is_heading() && chance[at] >= LIKELY_HEADING && likely(at + 1) && above
    };
    (0..blocks.len()).map(|at| (likely(at) || heads(at)) && !is_furniture(&blocks[at].text)).collect()
}

/// How many paragraphs of the text stand under a headline that leads elsewhere; none where they are the smaller part.
fn teasers(blocks: &[Block], kept: &[bool]) -> usize {
    let paragraphs: Vec<usize> = (0..blocks.len())
        .filter(|at| kept[*at] && blocks[*at].text.len() > 60 && !blocks[*at].is_heading())
        .collect();
    let leads_on = |at: usize| blocks[at].is_heading() && blocks[at].is_linked();
    let under = |at: &&usize| (1..=3).filter_map(|back| at.checked_sub(back)).any(leads_on);
    let count = paragraphs.iter().filter(under).count();
    if 2 * count >= paragraphs.len() { count } else { 0 }
}

/// A page's blocks with their features.
struct Rated {
    blocks: Vec<Block>,
    rows: Vec<Vec<f32>>,
    /// The page without its dress.
    document: Html,
    /// The second reading.
    undressed: String,
}

fn rate(mut document: Html, page: &Page, title: Option<&str>) -> Result<Rated, ReadError> {
    // The readings parse, copy and search the page several times each: they are spared what no reader sees.
    let unseen = unseen(&document);
    detach(&mut document, &unseen);
    readings::slim(&mut document);
    let bare = document.html();
    let dress = dress::find(&document);
    let is_dress: HashSet<NodeId> = dress.iter().copied().collect();
    let blocks = blocks::blocks(&document, |id| is_dress.contains(&id));
    detach(&mut document, &dress);
    let Readings { full, view, undressed } = readings::of(&bare, &document.html(), page);
    let rows = blocks::features(&blocks, title, [&full, &view, &undressed]);
    Ok(Rated { blocks, rows, document, undressed })
}

/// Scripts, styles, comments and what the head declares: `meta` has read them.
fn unseen(document: &Html) -> Vec<NodeId> {
    let unseen = |node: &Node| match node {
        Node::Comment(_) => true,
        Node::Element(element) => {
            matches!(element.name(), "script" | "style" | "link" | "meta" | "base" | "template" | "svg")
        }
        _ => false,
    };
    document.tree.nodes().filter(|node| unseen(node.value())).map(|node| node.id()).collect()
}

/// The blocks of a page with their features, for those who train the trees.
#[doc(hidden)]
pub fn block_features(page: &Page) -> Result<Vec<(String, Vec<f32>)>, ReadError> {
    let html = text_of_page(page);
    let document = Html::parse_document(&html);
    let title = meta::read(&document, &page.url, Timestamp::UNIX_EPOCH).title;
    let Rated { blocks, rows, .. } = rate(document, page, title.as_deref())?;
    Ok(blocks.into_iter().map(|block| block.text).zip(rows).collect())
}

fn text_of_page(page: &Page) -> String {
    charset::decode(&page.body, page.content_type.as_deref()).replace('\0', "")
}

/// The text without a first line that only repeats the title.
fn without_title(text: &str, title: Option<&str>) -> String {
    match (text.split_once('\n'), title) {
        (Some((first, rest)), Some(title)) if first.trim().eq_ignore_ascii_case(title.trim()) => {
            rest.to_owned()
        }
        _ => text.to_owned(),
    }
}

/// The links in the text: a page of links is no article.
fn links(document: &Html, text: &str) -> Links {
    let mut found = Links::default();
    let Ok(all) = selector("a") else { return found };
    let (mut linked, mut headlines) = (0, HashSet::new());
    for link in document.select(&all) {
        let Some(words) = fold(&link.text().collect::<String>()) else { continue };
        if words.len() <= 20 || !text.contains(words.as_str()) {
            continue;
        }
        linked += words.len();
        let is_heading =
            |element: ElementRef<'_>| matches!(element.value().name(), "h2" | "h3" | "h4" | "h5");
        let around = link.ancestors().take(2).filter_map(ElementRef::wrap).any(is_heading);
        let inside = || link.descendants().filter_map(ElementRef::wrap).any(is_heading);
        if around || inside() {
            headlines.insert(words);
        }
    }
    found.share = linked as f32 / text.len().max(1) as f32;
    found.headlines = headlines.len();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-11-23T12:00:00Z".parse().unwrap()
    }

    fn page(body: String) -> Page {
        Page {
            url: "https://example.org/analysis/two-satellites/".into(),
            body: body.into_bytes(),
            ..Page::default()
        }
    }

    const BODY: &str = "<p>The commission said that the second satellite would be ready for launch within a year, and that \
        its cameras had been tested in a vacuum chamber near the coast.</p><p>Engineers of both countries met twice this \
        spring to settle how the images are to be shared, an official with knowledge of the talks told this website.</p>\
        <p>No price was given. Earlier contracts of this kind were paid in part with loans that run for fifteen years.</p>";

    fn dressed(body: &str) -> String {
        format!(
            "<!doctype html><html lang='it'><head><title>Two satellites | Osservatorio</title>\
             <meta property='og:site_name' content='Osservatorio'><meta property='og:title' content='Two satellites | Osservatorio'>\
             <link rel='canonical' href='/analysis/two-satellites/'><meta name='author' content='Anna Verdi'>\
             <meta property='article:published_time' content='2026-11-20T08:00:00+01:00'></head><body>\
             <nav class='menu'><a href='/'>Home</a> <a href='/negozio'>Negozio</a></nav>\
             <div class='cookie-banner'>Questo sito usa i cookie per migliorare la navigazione degli utenti.</div>\
             <main><article><h1>Two satellites</h1><div class='entry-content'>{body}</div>\
             <div class='related-posts'><h3>Leggi anche</h3><p>Chabahar, il porto che divide India e Iran da dieci anni.</p></div>\
             </article><section id='comments'><p>Great article, but what about the Pakistani port of Gwadar?</p></section></main>\
             <footer>Tutti i diritti riservati. Il tuo carrello è vuoto.</footer></body></html>"
        )
    }

    #[test]
    fn the_article_is_kept_and_its_dress_is_not() {
        let article = extract(&page(dressed(BODY)), &PageRules::default(), now()).unwrap();
        for kept in ["second satellite would be ready", "fifteen years"] {
            assert!(article.text.contains(kept), "{kept:?} in {:?}", article.text);
        }
        for gone in ["Chabahar", "Gwadar", "carrello", "cookie", "Negozio"] {
            assert!(!article.text.contains(gone), "{gone:?} in {:?}", article.text);
        }
        assert_eq!(article.title.as_deref(), Some("Two satellites"));
        assert_eq!(article.authors, ["Anna Verdi"]);
        assert_eq!(article.published, Some("2026-11-20T07:00:00Z".parse().unwrap()));
        assert_eq!(article.canonical_url.as_deref(), Some("https://example.org/analysis/two-satellites/"));
        assert_eq!((article.declared_language.as_deref(), article.kind), (Some("it"), PageKind::Article));
    }

    #[test]
    fn the_operators_selectors_win() {
        let rules = PageRules { body: Some(".related-posts".into()), ..PageRules::default() };
        // What the operator names as the body is not cut as dress when it is removed from none.
        let html = dressed(BODY).replace("related-posts", "own-body");
        let rules = PageRules { body: Some(".own-body".into()), ..rules };
        let article = extract(&page(html), &rules, now()).unwrap();
        assert!(article.text.contains("Chabahar") && !article.text.contains("cameras"), "{:?}", article.text);
        let remove = PageRules { remove: vec![".entry-content".into()], ..PageRules::default() };
        assert!(!extract(&page(dressed(BODY)), &remove, now()).unwrap().text.contains("cameras"));
    }

    #[test]
    fn hostile_pages_are_named_errors() {
        let check = |body: String, kind: &str| {
            let error = extract(&page(body), &PageRules::default(), now()).map(|article| article.kind);
            assert_eq!(error.unwrap_err().kind(), kind);
        };
        check(String::new(), "empty");
        check("<div>".repeat(1_000_000), "too-deep");
        for odd in [
            "<".repeat(100_000),
            "<p>".repeat(200_000),
            "\u{0}\u{1}\u{2}".into(),
            "<html><body></body></html>".into(),
        ] {
            let article = extract(&page(odd), &PageRules::default(), now());
            assert!(article.is_err() || article.unwrap().kind != PageKind::Article);
        }
    }
}
