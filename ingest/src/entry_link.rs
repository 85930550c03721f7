//! Which of an entry's links leads to its article.

use url::Url;

/// How well a link leads to the article, 0 best; `None` for links to something else. An enclosure is the article where
/// it is a text: reports come as PDF.
pub(crate) fn rank(rel: Option<&str>, media_type: Option<&str>) -> Option<u8> {
    match rel {
        None | Some("" | "alternate") => Some(0),
        Some("enclosure") if media_type.is_some_and(|kind| kind.contains("pdf") || kind.contains("html")) => {
            Some(1)
        }
        Some(_) => None,
    }
}

/// An id that is an address leads to the article.
pub(crate) fn as_address(id: &str) -> Option<String> {
    let start = id.get(..8)?.to_ascii_lowercase();
    if !(start.starts_with("http://") || start.starts_with("https://")) {
        return None;
    }
    Url::parse(id).ok().map(|url| url.to_string())
}

/// An address as a feed writes it, made absolute; `None` for what is no web address: mail, scripts, slips of the pen.
pub(crate) fn absolute(base: Option<&Url>, href: &str) -> Option<String> {
    let url = match base {
        Some(base) => base.join(href.trim()),
        None => Url::parse(href.trim()),
    };
    url.ok().filter(|url| matches!(url.scheme(), "http" | "https")).map(|url| url.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks() {
        for (rel, kind, expected) in [
            (None, None, Some(0)),
            (Some("alternate"), Some("text/html"), Some(0)),
            (Some("enclosure"), Some("application/pdf"), Some(1)),
            (Some("enclosure"), Some("audio/mpeg"), None),
            (Some("self"), None, None),
            (Some("related"), None, None),
        ] {
            assert_eq!(rank(rel, kind), expected, "{rel:?} {kind:?}");
        }
    }

    #[test]
    fn addresses_are_those_of_the_web() {
        let base = Url::parse("https://example.org/a/").ok();
        for (href, expected) in [
            (" b?x=1 ", Some("https://example.org/a/b?x=1")),
            ("//example.com/", Some("https://example.com/")),
            ("HTTP://example.com", Some("http://example.com/")),
            ("javascript:alert(1)", None),
            ("mailto:a@example.org", None),
            ("file:///etc/passwd", None),
            ("rttps://example.org/", None),
        ] {
            assert_eq!(absolute(base.as_ref(), href).as_deref(), expected, "{href}");
        }
        assert_eq!(absolute(None, "b"), None);
    }

    #[test]
    fn ids_that_are_addresses() {
        for (id, expected) in [
            ("https://example.org/a", Some("https://example.org/a")),
            ("HTTP://example.org/a", Some("http://example.org/a")),
            ("urn:uuid:1225c695", None),
            ("12", None),
            ("", None),
        ] {
            assert_eq!(as_address(id).as_deref(), expected, "{id}");
        }
    }
}
