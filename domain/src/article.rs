//! What a reader would call the article.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of page was read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// Running text on one subject.
    #[default]
    Article,
    /// A page of links and teasers.
    Listing,
    /// A paywall or consent text in the article's place.
    Stub,
    /// An error page served as if it were content.
    Error,
    /// No text was found.
    Empty,
}

/// Text and metadata without the page's dress.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Article {
    /// Address that was read.
    pub url: String,
    /// Address that the page itself calls canonical, if on the same site.
    pub canonical_url: Option<String>,
    /// Title without the site's name.
    pub title: Option<String>,
    /// Main text, paragraphs parted by one newline.
    pub text: String,
    /// When it was published, if the page says so.
    pub published: Option<Timestamp>,
    /// Authors in the page's order.
    pub authors: Vec<String>,
    /// The site's own name.
    pub site_name: Option<String>,
    /// Language that the page declares (`<html lang>`, header), untouched: a hint only.
    pub declared_language: Option<String>,
    /// Address of the PDF that the page offers as its full text.
    pub report: Option<String>,
    /// Kind of page.
    pub kind: PageKind,
}
