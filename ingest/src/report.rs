//! The report behind its page: think tanks put an abstract on a page and the text into a PDF.

use std::collections::BTreeSet;

use scraper::{ElementRef, Html, Selector};
use url::Url;

use crate::plain::fold;

/// A page with more text, in characters, is the publication itself.
pub(crate) const ABSTRACT: usize = 6_000;

/// Links that are looked at.
const MOST: usize = 2_000;

/// Words that offer the text itself, in small letters.
const OFFERS: &[&str] = &[
    "pdf",
    "scarica",
    "download",
    "full report",
    "full text",
    "full paper",
    "read the report",
    "read the paper",
    "rapporto",
    "testo integrale",
    "testo completo",
    "versione integrale",
    "leggi il",
    "paper",
    "policy brief",
    "studio completo",
    "documento",
];

/// Elements around a link that is not the page's own.
const ELSEWHERE: &[&str] = &["nav", "footer", "aside", "header"];

/// The one PDF of its own site that the page offers; `None` where it offers none, or several: then none is its text.
pub(crate) fn find(document: &Html, url: &str) -> Option<String> {
    let base = Url::parse(url).ok()?;
    let links = Selector::parse("a[href]").ok()?;
    let offered = document.select(&links).take(MOST).filter_map(|link| {
        let address = base.join(link.value().attr("href")?.trim()).ok()?;
        let is_pdf = address.path().to_ascii_lowercase().ends_with(".pdf");
        (is_pdf && same_site(&base, &address) && !is_elsewhere(link) && offers(link)).then(|| {
            let mut address = address;
            address.set_fragment(None);
            address.to_string()
        })
    });
    let mut offered: BTreeSet<String> = offered.collect();
    let first = offered.pop_first()?;
    offered.is_empty().then_some(first)
}

fn same_site(base: &Url, address: &Url) -> bool {
    let bare = |url: &Url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned());
    let web = matches!(address.scheme(), "http" | "https");
    match (bare(base), bare(address)) {
        // `docs.example.org` belongs to `example.org`.
        (Some(here), Some(there)) => web && (here == there || there.ends_with(&format!(".{here}"))),
        _ => false,
    }
}

fn is_elsewhere(link: ElementRef<'_>) -> bool {
    link.ancestors().filter_map(ElementRef::wrap).any(|up| ELSEWHERE.contains(&up.value().name()))
}

fn offers(link: ElementRef<'_>) -> bool {
    let value = link.value();
    let said = [value.attr("title"), value.attr("aria-label"), value.attr("class"), value.attr("download")];
    let words = said.into_iter().flatten().chain(link.text()).collect::<Vec<_>>().join(" ");
    let words = fold(&words).unwrap_or_default().to_lowercase();
    value.attr("download").is_some() || OFFERS.iter().any(|offer| words.contains(offer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_report_of_the_page() {
        let check = |body: &str, expected: Option<&str>| {
            let found = find(&Html::parse_document(body), "https://www.example.org/studi/due-satelliti");
            assert_eq!(found.as_deref(), expected, "{body}");
        };
        let report = Some("https://www.example.org/files/due.pdf");
        check("<main><a href='/files/due.pdf'>Scarica il PDF</a></main>", report);
        check(
            "<a href='/files/due.PDF#page=2' class='btn btn-download'>Due satelliti</a>",
            Some("https://www.example.org/files/due.PDF"),
        );
        check(
            "<a href='https://docs.example.org/due.pdf'>Download</a>",
            Some("https://docs.example.org/due.pdf"),
        );
        // Twice the same is one.
        check("<a href='/files/due.pdf'>PDF</a><a href='/files/due.pdf'>Leggi il paper</a>", report);
        check("<a href='/a.pdf'>PDF</a><a href='/b.pdf'>PDF</a>", None);
        check("<p>Come dice <a href='/files/due.pdf'>un vecchio studio</a></p>", None);
        check("<a href='https://elsewhere.example/due.pdf'>PDF</a>", None);
        check("<footer><a href='/statuto.pdf'>Scarica lo statuto</a></footer>", None);
        check("<a href='/due.html'>Scarica il PDF</a>", None);
    }
}
