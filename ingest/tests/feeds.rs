//! Feeds as they come: what a strict reader refuses, or of which it sees less than a person would.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use vedetta_domain::{Feed, Page, PageRules, SourceKind};
use vedetta_ingest::read_source;

fn read(body: &[u8], content_type: Option<&str>) -> Feed {
    let page = Page {
        url: "https://example.org/feeds/main.xml".into(),
        content_type: content_type.map(str::to_owned),
        body: body.to_vec(),
        ..Page::default()
    };
    let now = "2026-11-23T12:00:00Z".parse().unwrap();
    read_source(SourceKind::Feed, &page, &PageRules::default(), now).unwrap()
}

/// (title, address, day) of every entry, `-` where there is none.
fn check(body: &str, expected: &[(&str, &str, &str)]) {
    check_bytes(body.as_bytes(), expected);
}

fn check_bytes(body: &[u8], expected: &[(&str, &str, &str)]) {
    let feed = read(body, None);
    let shown = |text: Option<&str>| text.unwrap_or("-").to_owned();
    let found: Vec<(String, String, String)> = feed
        .entries
        .iter()
        .map(|e| {
            let day = e.published.map(|at| at.strftime("%Y-%m-%d").to_string());
            (shown(e.title.as_deref()), shown(e.url.as_deref()), shown(day.as_deref()))
        })
        .collect();
    let expected: Vec<(String, String, String)> =
        expected.iter().map(|(a, b, c)| ((*a).to_owned(), (*b).to_owned(), (*c).to_owned())).collect();
    assert_eq!(found, expected, "{}", String::from_utf8_lossy(body));
}

const A: &str = "https://example.org/a";

#[test]
fn formats_that_have_died_and_are_still_sent() {
    check(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title mode='escaped'>R&amp;amp;D</title>\
         <link rel='alternate' href='/a'/><issued>2026-03-01T10:00:00Z</issued></entry></feed>",
        &[("R&D", A, "2026-03-01")],
    );
    check(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://my.netscape.com/rdf/simple/0.9/'>\
         <channel><title>T</title></channel><item><title>One</title><link>https://example.org/a</link></item></rdf:RDF>",
        &[("One", A, "-")],
    );
    check(
        "<CHANNEL><TITLE>T</TITLE><ITEM HREF='https://example.org/a'><TITLE>One</TITLE></ITEM></CHANNEL>",
        &[("One", A, "-")],
    );
}

#[test]
fn what_stands_in_other_places_than_usual() {
    // Dublin Core, and the declared prefix of it whatever its name.
    check(
        "<rss version='2.0' xmlns:x='http://purl.org/dc/elements/1.1/'><channel><item><x:title>One</x:title>\
         <link>https://example.org/a</link><x:date>2026-03-01</x:date></item></channel></rss>",
        &[("One", A, "2026-03-01")],
    );
    check(
        "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://example.org/'><entry><title>One</title>\
         <link>a</link></entry></feed>",
        &[("One", A, "-")],
    );
    // A report as enclosure is the article; a sound file, comments and the feed itself are not.
    check(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id><title>One</title>\
         <link rel='self' href='/self'/><link rel='enclosure' type='application/pdf' href='/a'/></entry>\
         <entry><id>2</id><title>Two</title><link rel='enclosure' type='audio/mpeg' href='/b'/></entry></feed>",
        &[("One", A, "-"), ("Two", "-", "-")],
    );
    check(
        "<rss version='2.0'><channel><item><title>One</title><comments>https://example.org/c</comments></item></channel></rss>",
        &[("One", "-", "-")],
    );
    check(
        "<rss version='2.0'><channel><item><title>One<script>alert(1)</script></title><guid>HTTPS://example.org/a</guid>\
         </item></channel></rss>",
        &[("One", A, "-")],
    );
}

#[test]
fn broken_markup() {
    let item = "<title>One</title><link>https://example.org/a</link>";
    for body in [
        // Undefined entities, a stray ampersand, tags that cross, an unknown prefix, words before the feed.
        "<rss version='2.0'><channel><item><title>O&#110;e</title><link>https://example.org/a</link><description>&nbsp;R & D</description></item></channel></rss>"
            .to_owned(),
        format!("<rss><channel><item>{item}<b><i>x</b></i></item></channel></rss>"),
        format!("<rss version='2.0'><channel><item>{item}<media:x>y</media:x></item></channel></rss>"),
        format!(
            "Warning: something\n<?xml version='1.0'?><rss version='2.0'><channel><item>{item}</item></channel></rss>"
        ),
        format!("<rss version='2.0'><channel><item>{item}<description>cut off he"),
        format!("<rss version='2.0'><channel><item>{item}</channel></rss>"),
    ] {
        check(&body, &[("One", A, "-")]);
    }
    // An item that was not closed before the next one.
    check(
        &format!(
            "<rss version='2.0'><channel><item>{item}<item><title>Two</title><guid>https://example.org/b</guid></item></channel></rss>"
        ),
        &[("One", A, "-"), ("Two", "https://example.org/b", "-")],
    );
    // The last one has neither address nor id yet: the next poll brings it whole.
    check(&format!("<rss version='2.0'><channel><item>{item}</item><item><title>Tw"), &[("One", A, "-")]);
}

#[test]
fn encodings() {
    let body = |declared: &str| {
        format!(
            "<?xml version='1.0'{declared}?><rss version='2.0'><channel><item><title>Perché</title><link>https://example.org/a</link></item></channel></rss>"
        )
    };
    let expected = &[("Perché", A, "-")];
    let latin: Vec<u8> =
        body(" encoding='iso-8859-1'").chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    check_bytes(&latin, expected);
    // Declared as Latin-1 and UTF-8 all the same.
    check(&body(" encoding='iso-8859-1'"), expected);
    let wide = |big: bool, mark: bool| {
        let text = format!("{}{}", if mark { "\u{feff}" } else { "" }, body(" encoding='utf-16'"));
        let units = text
            .encode_utf16()
            .flat_map(move |unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() });
        units.collect::<Vec<u8>>()
    };
    for (big, mark) in [(true, true), (true, false), (false, true), (false, false)] {
        check_bytes(&wide(big, mark), expected);
    }
    let longest: Vec<u8> = body("").chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
    check_bytes(&longest, expected);
}

#[test]
fn what_a_feed_says_of_its_own_pace() {
    let check = |head: &str, expected: Option<u32>| {
        let body = format!(
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>T</title>{head}\
             <item><title>One</title><link>{A}</link></item></channel></rss>"
        );
        assert_eq!(read(body.as_bytes(), None).ttl_s, expected, "{head}");
    };
    check("", None);
    check("<ttl>30</ttl>", Some(1_800));
    check(
        "<sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>\n2</sy:updateFrequency>",
        Some(1_800),
    );
    check("<sy:updatePeriod>daily</sy:updatePeriod>", Some(86_400));
    check("<ttl>120</ttl><sy:updatePeriod>hourly</sy:updatePeriod>", Some(7_200));
    check("<sy:updatePeriod>now and then</sy:updatePeriod>", None);
    check("<sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>", Some(3_600));
}
