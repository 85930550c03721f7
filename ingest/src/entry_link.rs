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

/// An address as a feed writes it, made absolute.
pub(crate) fn absolute(base: Option<&Url>, href: &str) -> Option<String> {
    match base {
        Some(base) => base.join(href.trim()).ok().map(|url| url.to_string()),
        None => Url::parse(href.trim()).ok().map(|url| url.to_string()),
    }
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
