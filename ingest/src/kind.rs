//! Article, listing, stub, error page, or nothing.

use vedetta_domain::PageKind;

/// A text shorter than this (in characters) may be a consent or paywall text.
const SHORT: usize = 900;

/// A text with fewer letters than this is none.
const EMPTY: usize = 60;

/// Beginnings of texts that stand in an article's place.
const STUBS: &[&str] = &[
    "subscribe to continue",
    "subscribe to read",
    "this content is for subscribers",
    "already a subscriber",
    "log in to continue",
    "sign in to continue",
    "to continue reading",
    "become a member to read",
    "contenuto riservato agli abbonati",
    "questo contenuto è riservato",
    "per continuare a leggere",
    "abbonati per continuare",
    "abbonati per leggere",
    "accedi per leggere",
    "sei già abbonato",
    "utilizziamo i cookie",
    "questo sito utilizza cookie",
    "questo sito usa i cookie",
    "we use cookies",
    "this website uses cookies",
    "before you continue",
    "prima di continuare",
    "gestisci il consenso",
    "enable javascript",
    "abilita javascript",
    "verify you are human",
    "checking your browser",
];

/// Titles of error pages.
const ERRORS: &[&str] = &[
    "404",
    "page not found",
    "not found",
    "pagina non trovata",
    "errore 404",
    "access denied",
    "accesso negato",
    "403 forbidden",
    "service unavailable",
    "500 internal server error",
    "just a moment",
];

/// The kind of a page with this title and extracted text.
pub fn of(title: Option<&str>, text: &str, link_share: f32) -> PageKind {
    let length = text.chars().count();
    let heading = title.unwrap_or_default().to_lowercase();
    if length < SHORT && ERRORS.iter().any(|error| heading.starts_with(error) || heading.ends_with(error)) {
        return PageKind::Error;
    }
    let lower: String = text.chars().take(4 * SHORT).flat_map(char::to_lowercase).collect();
    if length < SHORT && STUBS.iter().any(|stub| lower.contains(stub)) {
        return PageKind::Stub;
    }
    if text.chars().filter(|c| c.is_alphabetic()).count() < EMPTY {
        return PageKind::Empty;
    }
    if link_share > 0.7 {
        return PageKind::Listing;
    }
    PageKind::Article
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_article_is_seen() {
        let long = "A sentence of an article that goes on for a while. ".repeat(30);
        for (title, text, links, kind) in [
            ("A satellite", long.as_str(), 0.1, PageKind::Article),
            ("Pagina non trovata", "La pagina che cercavi non esiste più.", 0.0, PageKind::Error),
            (
                "A satellite",
                "The first lines. Subscribe to continue reading this article and many more of them.",
                0.0,
                PageKind::Stub,
            ),
            (
                "Un satellite",
                "Utilizziamo i cookie per migliorare la tua esperienza. Accetta o rifiuta qui sotto.",
                0.0,
                PageKind::Stub,
            ),
            ("A satellite", " ", 0.0, PageKind::Empty),
            ("Tutte le analisi", long.as_str(), 0.9, PageKind::Listing),
        ] {
            assert_eq!(of(Some(title), text, links), kind, "{title}");
        }
        assert_eq!(
            of(Some("Cookies in court"), &format!("{long} We use cookies, said the firm."), 0.0),
            PageKind::Article
        );
    }
}
