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
    "devi essere abbonato",
    "riservato agli abbonati",
    "hai già un abbonamento",
    "se sei abbonato",
    "for subscribers only",
    "fornitori selezionati",
    "nostri fornitori",
    "our partners store",
    "accetta e continua",
    "accetta tutti",
    "rifiuta e abbonati",
    "senza accettare",
    "geolocalizzazione precisi",
    "nostri partner trattiamo",
    "con il tuo consenso",
    "acconsenti al trattamento",
    "cookie di profilazione",
    "revocare il consenso",
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

/// A page with fewer linked headlines in its text is no listing.
const TEASERS: usize = 4;

/// An article has more text for each headline in it, in characters.
const TEASER: usize = 600;

/// The links in an extracted text.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Links {
    /// Share of the text that stands in them, 0 … 1.
    pub share: f32,
    /// Headlines that lead elsewhere.
    pub headlines: usize,
}

/// The kind of a page with this title and extracted text.
pub fn of(title: Option<&str>, text: &str, links: Links) -> PageKind {
    let length = text.chars().count();
    let heading = title.unwrap_or_default().to_lowercase();
    if length < 4 * SHORT && ERRORS.iter().any(|error| heading.starts_with(error) || heading.ends_with(error))
    {
        return PageKind::Error;
    }
    let lower: String = text.chars().take(4 * SHORT).flat_map(char::to_lowercase).collect();
    // One such phrase in a short text, or a longer text of several.
    let stubs = STUBS.iter().filter(|stub| lower.contains(*stub)).count();
    if stubs > 0 && length < SHORT * stubs.min(4) {
        return PageKind::Stub;
    }
    if text.chars().filter(|c| c.is_alphabetic()).count() < EMPTY {
        return PageKind::Empty;
    }
    if links.share > 0.7 || (links.headlines >= TEASERS && length < TEASER * links.headlines) {
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
        for (title, text, share, kind) in [
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
            assert_eq!(of(Some(title), text, Links { share, headlines: 0 }), kind, "{title}");
        }
        assert_eq!(of(None, &long, Links { share: 0.2, headlines: 9 }), PageKind::Listing);
        assert_eq!(of(None, &long, Links { share: 0.2, headlines: 2 }), PageKind::Article);
        assert_eq!(
            of(Some("Cookies in court"), &format!("{long} We use cookies, said the firm."), Links::default()),
            PageKind::Article
        );
    }
}
