//! Lists of subscriptions, as feed readers exchange them.

use scraper::Html;

use crate::{ReadError, charset, listing::selector, plain::fold};

/// Subscriptions that are read from one file.
const MOST: usize = 10_000;

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Name.
    pub title: Option<String>,
    /// Address of the feed, as written.
    pub feed: String,
    /// The site's front page.
    pub site: Option<String>,
    /// Language.
    pub language: Option<String>,
    /// Names of the outlines that it stands in.
    pub folders: Vec<String>,
}

/// Reads the subscriptions of a file. HTML's parser serves: it is lenient and expands no entities of a document's own.
pub fn read(body: &[u8]) -> Result<Vec<Subscription>, ReadError> {
    let text = charset::decode(body, None);
    // An outline without content closes itself in XML, and in HTML it does not.
    let document = Html::parse_fragment(&self_closing(&text));
    let value = |element: &scraper::node::Element, name: &str| element.attr(name).and_then(fold);
    let title = |element: &scraper::node::Element| value(element, "title").or_else(|| value(element, "text"));
    let mut all = Vec::new();
    for outline in document.select(&selector("outline[xmlurl]")?).take(MOST) {
        let Some(feed) = value(outline.value(), "xmlurl") else { continue };
        let above = outline.ancestors().filter_map(scraper::ElementRef::wrap);
        let mut folders: Vec<String> = above
            .filter(|up| up.value().name() == "outline" && up.value().attr("xmlurl").is_none())
            .filter_map(|up| title(up.value()))
            .collect();
        folders.reverse();
        all.push(Subscription {
            title: title(outline.value()),
            feed,
            site: value(outline.value(), "htmlurl"),
            language: value(outline.value(), "language"),
            folders,
        });
    }
    Ok(all)
}

/// `<outline …/>` written out as `<outline …></outline>`.
fn self_closing(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (i, part) in text.split("<outline").enumerate() {
        if i > 0 {
            out.push_str("<outline");
        }
        match end_of_tag(part).filter(|_| i > 0) {
            Some(end) if part[..end].ends_with('/') => {
                out.push_str(&part[..end - 1]);
                out.push_str("></outline>");
                out.push_str(&part[end + 1..]);
            }
            _ => out.push_str(part),
        }
    }
    out
}

/// Where the `>` of a tag stands, outside quotes.
fn end_of_tag(part: &str) -> Option<usize> {
    let mut quote = None;
    part.char_indices().find_map(|(at, c)| match (quote, c) {
        (None, '>') => Some(at),
        (None, '"' | '\'') => {
            quote = Some(c);
            None
        }
        (Some(open), c) if c == open => {
            quote = None;
            None
        }
        _ => None,
    })
}

/// The subscriptions as a file.
pub fn write(title: &str, all: &[Subscription]) -> String {
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<opml version=\"2.0\">\n  <head><title>{}</title></head>\n  <body>\n",
        escaped(title)
    );
    for one in all {
        let name = escaped(one.title.as_deref().unwrap_or(&one.feed));
        out.push_str(&format!(
            "    <outline type=\"rss\" text=\"{name}\" title=\"{name}\" xmlUrl=\"{}\"",
            escaped(&one.feed)
        ));
        for (key, value) in [("htmlUrl", &one.site), ("language", &one.language)] {
            if let Some(value) = value {
                out.push_str(&format!(" {key}=\"{}\"", escaped(value)));
            }
        }
        out.push_str("/>\n");
    }
    out.push_str("  </body>\n</opml>\n");
    out
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subscriptions_go_out_and_in_again() {
        let all = [
            Subscription {
                title: Some("R&D \"Spazio\" <x>".into()),
                feed: "https://example.org/feed/?a=1&b=2".into(),
                site: Some("https://example.org/".into()),
                language: Some("it".into()),
                folders: Vec::new(),
            },
            Subscription {
                title: Some("L'altro".into()),
                feed: "https://example.net/rss".into(),
                site: None,
                language: None,
                folders: Vec::new(),
            },
        ];
        assert_eq!(read(write("Sources", &all).as_bytes()).unwrap(), all);
    }

    #[test]
    fn other_readers_files_are_read() {
        let body = "<?xml version='1.0'?><opml version='1.0'><body><outline text='Spazio' title='Spazio'>\
            <outline type='rss' text='One > two' xmlUrl='https://example.org/1' htmlUrl='https://example.org/'/>\
            <outline text='Asia'><outline type='rss' text=\"Due\" xmlUrl='https://example.org/2' /></outline>\
            </outline><outline text='Three' xmlUrl='https://example.org/3'></outline>\
            <outline text='no address'/></body></opml>";
        let found: Vec<_> = read(body.as_bytes())
            .unwrap()
            .into_iter()
            .map(|s| (s.title.unwrap(), s.feed, s.folders))
            .collect();
        let row = |title: &str, n: u8, folders: &[&str]| {
            let folders: Vec<String> = folders.iter().map(|f| (*f).to_owned()).collect();
            (title.to_owned(), format!("https://example.org/{n}"), folders)
        };
        assert_eq!(
            found,
            [row("One > two", 1, &["Spazio"]), row("Due", 2, &["Spazio", "Asia"]), row("Three", 3, &[])]
        );
        assert!(read(b"no list").unwrap().is_empty());
    }
}
