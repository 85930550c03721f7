//! What three readings make of a page: the `trafilatura` crate on the page as it is and without its dress, and a reader
//! view. They vote on the page's blocks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use scraper::{Html, Node};
use trafilatura::{ExtractionFocus, FallbackCandidates, HtmlDateMode, Options};
use vedetta_domain::Page;

use crate::plain::fold;

/// Stands for the head of a page that the `trafilatura` crate reads: all that it would else search the whole body for,
/// selector by selector. `meta` reads the real one.
const HEAD: &str = "<head><meta property='og:title' content='-'><meta property='og:author' content='A B'>\
    <meta property='og:url' content='https://example.org/'><meta property='og:description' content='-'>\
    <meta property='og:site_name' content='-'><meta property='og:image' content='https://example.org/'>\
    <meta property='og:type' content='-'><meta property='og:article:tag' content='-'>\
    <script type='application/ld+json'>{\"@type\":\"NewsArticle\",\"articleSection\":\"-\"}</script>";

/// The crate looks for other ways where it has read fewer characters.
const FEW_TO_CRATE: usize = 250;

/// The texts that the readings found; empty where one found nothing.
pub struct Readings {
    /// The crate's, of the page as it is.
    pub full: String,
    /// The reader view.
    pub view: String,
    /// The crate's, of the page without its dress.
    pub undressed: String,
}

/// Reads a page, given as it is and without its dress.
pub fn of(bare: &str, without_dress: &str, page: &Page) -> Readings {
    let (view, view_html) = readable(bare, page);
    let precise = options(page).with_focus(ExtractionFocus::FavorPrecision);
    let once = precise.clone().with_fallback(false);
    let read = |html: &str, options: &Options| text_of(&html.replacen("<head>", HEAD, 1), options);
    let full = read(bare, &once);
    let mut undressed = read(without_dress, &once);
    let length = undressed.chars().count();
    // The crate's second thoughts read a page twice more: they are asked for where they would change something.
    if length < FEW_TO_CRATE || view.chars().count() > 2 * length {
        let mut candidates = FallbackCandidates::default();
        candidates.readability_html = Some(view_html);
        let mut twice = precise;
        twice.fallback_candidates = Some(candidates);
        undressed = read(without_dress, &twice);
    }
    Readings { full, view, undressed }
}

/// What the crate reads of a page by itself, with all that it can do.
pub fn whole(html: &str, page: &Page) -> String {
    text_of(html, &options(page))
}

/// Takes away attributes that say nothing of what a text is, and are a good part of a page.
pub fn slim(document: &mut Html) {
    const SILENT: &[&str] =
        &["srcset", "sizes", "title", "alt", "value", "target", "width", "height", "aria-label"];
    let silent = |name: &str| {
        SILENT.contains(&name) || name.starts_with("data-") && name != "data-testid" || name.starts_with("on")
    };
    for node in document.tree.values_mut() {
        if let Node::Element(element) = node {
            element.attrs.retain(|(name, _)| !silent(&name.local));
        }
    }
}

/// What a browser's reader view would show, as text and as HTML.
fn readable(html: &str, page: &Page) -> (String, String) {
    let config = dom_smoothie::Config { text_mode: dom_smoothie::TextMode::Formatted, ..Default::default() };
    let read = || {
        let url = url::Url::parse(&page.url).is_ok().then_some(page.url.as_str());
        let mut reader = dom_smoothie::Readability::new(html, url, Some(config)).ok()?;
        let view = reader.parse().ok()?;
        Some((view.text_content.to_string(), view.content.to_string()))
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten().unwrap_or_default()
}

fn options(page: &Page) -> Options {
    // Its search for a date is a third of its search for metadata, and `meta` has done that better.
    let options = Options::default()
        .with_fallback(true)
        .with_exclude_comments(true)
        .with_html_date_mode(HtmlDateMode::Disabled);
    match url::Url::parse(&page.url) {
        Ok(url) => options.with_url(url),
        Err(_) => options,
    }
}

fn text_of(html: &str, options: &Options) -> String {
    match trafilatura::extract(html, options) {
        Ok(result) => result.content_text.lines().filter_map(fold).collect::<Vec<_>>().join("\n"),
        // "No content" is an answer too; the kind of the page says so.
        Err(_) => String::new(),
    }
}
