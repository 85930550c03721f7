//! A page's dress: what is never the article, by what templates of all systems call it.

use std::{collections::HashSet, sync::LazyLock};

use ego_tree::NodeId;
use scraper::{ElementRef, Html, node::Element};

const ELEMENTS: &[&str] = &[
    "nav",
    "footer",
    "aside",
    "form",
    "button",
    "select",
    "dialog",
    "iframe",
    "noscript",
    "svg",
    "amp-consent",
    "amp-ad",
    "amp-social-share",
    "amp-sidebar",
];
const ROLES: &[&str] = &["navigation", "banner", "contentinfo", "complementary", "search", "dialog"];

/// Whole names of ids and classes: what is a menu in one word may be an article in another.
const IDS: &str = "respond sidebar cookie-law-info-bar iubenda-cs-banner onetrust-consent-sdk cart carrello";
const CLASSES: &str = "sharedaddy social-share share condividi addtoany_share_save_container social social-links \
    iscriviti mailchimp mc4wp-form leggi-anche leggianche yarpp more-articles read-more-box sidebar widget widget-area \
    breadcrumb breadcrumbs menu main-menu navigation post-navigation nav-links pagination cart carrello mini-cart \
    widget_shopping_cart woocommerce-mini-cart shop negozio abbonati banner promo adv ads ad-container tag-links tags \
    tagcloud author-box author-bio post-author-box about-author author-info skip-link screen-reader-text print-only \
    et_pb_team_member elementor-posts speechify-ignore offers";

/// Words that ids and classes are made of (`post__related-list`): these mean the same in any company.
const WORDS: &str = "paywall donate donation donazione newsletter subscribe subscription cookie cookies consent gdpr iubenda \
    related correlati correlate jp-relatedposts teaser teasers tts sharing advertisement adspot adsense";

/// Comments: those of a lively page are longer than its article.
const COMMENTS: &str = "comments comments-area comment-list commentlist comment-respond commenti disqus_thread comment-form \
    comment comment-body comment-content";

static NAMES: LazyLock<[HashSet<&'static str>; 4]> =
    LazyLock::new(|| [IDS, CLASSES, WORDS, COMMENTS].map(|names| names.split_ascii_whitespace().collect()));

/// The elements of the page's dress. One that holds most of the text is none: then its name misleads.
pub(crate) fn find(document: &Html) -> Vec<NodeId> {
    let length = |element: ElementRef<'_>| element.text().map(str::len).sum::<usize>();
    let whole = length(document.root_element()).max(1);
    let elements = document.root_element().descendants().filter_map(ElementRef::wrap);
    elements
        .filter(|element| {
            let part = || is_dress(element.value()) && length(*element) * 2 < whole;
            (is_comments(element.value()) || part()) && !holds_article(*element)
        })
        .map(|element| element.id())
        .collect()
}

fn names(element: &Element) -> impl Iterator<Item = &str> {
    element.id().into_iter().chain(element.classes())
}

fn is_comments(element: &Element) -> bool {
    let [_, _, _, comments] = &*NAMES;
    names(element).any(|name| comments.contains(name))
}

fn is_dress(element: &Element) -> bool {
    let [ids, classes, words, _] = &*NAMES;
    ELEMENTS.contains(&element.name())
        || element.id().is_some_and(|id| ids.contains(id))
        || element.classes().any(|class| classes.contains(class))
        || names(element)
            .any(|name| words.contains(name) || name.split(['-', '_']).any(|word| words.contains(word)))
        || element.attr("role").is_some_and(|role| ROLES.contains(&role))
        || element.attr("aria-hidden") == Some("true")
        || element.attr("hidden").is_some()
}

/// Whether the article's own heading stands inside: then it is the article, whatever its class.
fn holds_article(element: ElementRef<'_>) -> bool {
    let inside = |name: &str| {
        element.descendants().filter_map(ElementRef::wrap).any(|child| child.value().name() == name)
    };
    inside("h1") && inside("p")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_dress() {
        let check = |inside: &str, expected: usize| {
            let long = "A sentence of the article that goes on for a while. ".repeat(5);
            let html = format!("<body><article><p>{long}</p></article>{inside}</body>");
            assert_eq!(find(&Html::parse_document(&html)).len(), expected, "{inside}");
        };
        check("<div class='story__related-list'>x</div>", 1);
        check("<div class='x cookie-law-bar'>x</div>", 1);
        check("<nav>x</nav><div role=search>x</div><div hidden>x</div>", 3);
        check("<div class='unrelated menuet shoplifting'>x</div>", 0);
        // Comments may be longer than the article.
        check(&format!("<ol id=comments>{}</ol>", "<li>Long words of a reader.</li>".repeat(30)), 1);
        // What holds most of the text, or the headline, has a misleading name.
        check(&format!("<div class=menu>{}</div>", "Long words of an article. ".repeat(30)), 0);
        check("<div class=menu><h1>Title</h1><p>x</p></div>", 0);
    }
}
