//! What stands around a headline for people to read: who wrote it and when, and the site's name in the page's title.

use std::collections::HashSet;

use jiff::Timestamp;
use scraper::{ElementRef, Html};

use crate::{date, headline::words, plain::fold};

/// A byline is no longer than this, in characters.
const LONGEST: usize = 200;

/// Elements and texts that are looked through.
const MOST: usize = 20_000;

/// Texts after the headline among which a date is the article's.
const NEAR: usize = 25;

/// How bylines begin, in small letters.
const BEGINNINGS: &[&str] = &[
    "di ",
    "di:",
    "by ",
    "by:",
    "scritto da ",
    "a cura di ",
    "autore",
    "autori",
    "author",
    "authors",
    "testo di ",
    "intervista di ",
    "intervista a cura di ",
    "written by ",
    "text by ",
    "words by ",
    "from ",
    "da ",
];

/// Small words inside names.
const PARTICLES: &[&str] = &[
    "de", "del", "della", "dei", "di", "da", "dal", "dalla", "van", "von", "der", "den", "ten", "al", "el",
    "bin", "ibn", "ur", "ul", "la", "le", "du", "dos", "das",
];

/// Names of those who only put texts in.
const NOBODY: &[&str] = &[
    "admin",
    "administrator",
    "super user",
    "superuser",
    "webmaster",
    "root",
    "user",
    "utente",
    "editor",
    "wordpress",
];

/// A page's byline.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Byline {
    pub authors: Vec<String>,
    pub published: Option<String>,
}

/// The first byline of the page that names somebody.
pub(crate) fn find(document: &Html) -> Byline {
    let elements = document.root_element().descendants().filter_map(ElementRef::wrap).take(MOST);
    for element in elements {
        let name = element.value().name();
        if matches!(
            name,
            "script" | "style" | "head" | "title" | "nav" | "footer" | "form" | "option" | "button" | "a"
        ) {
            continue;
        }
        let Some(text) = short_text(element) else { continue };
        let byline = parse(&text);
        if !byline.authors.is_empty() {
            return byline;
        }
    }
    Byline::default()
}

/// The element's text, unless it is long.
fn short_text(element: ElementRef<'_>) -> Option<String> {
    let (mut text, mut length) = (String::new(), 0);
    for part in element.text() {
        length += part.trim().len();
        if length > 2 * LONGEST {
            return None;
        }
        if !part.trim().is_empty() {
            // Names in links of their own are several.
            text.push_str(part);
            text.push_str(" ; ");
        }
    }
    fold(&text).filter(|text| text.chars().count() <= LONGEST)
}

/// `di Anna Verdi e Carlo Rossi | 3 marzo 2026`.
fn parse(text: &str) -> Byline {
    let lower: String = text.chars().flat_map(char::to_lowercase).collect();
    let Some(start) = BEGINNINGS.iter().find(|start| lower.starts_with(*start)) else {
        return Byline::default();
    };
    let Some(rest) = text.get(start.len()..) else { return Byline::default() };
    let rest = rest.trim_start_matches(|c: char| matches!(c, ':' | '/' | ';') || c.is_whitespace());
    let mut authors = Vec::new();
    let mut name: Vec<&str> = Vec::new();
    let mut end = |name: &mut Vec<&str>| {
        let whole = name.join(" ");
        let capitals = name.iter().filter(|word| !PARTICLES.contains(word)).count();
        if (2..=5).contains(&capitals) && authors.len() < 6 {
            authors.push(whole);
        }
        name.clear();
    };
    for word in rest.split_whitespace() {
        let bare = word.trim_end_matches([',', ';']);
        if bare.is_empty() {
            end(&mut name);
            continue;
        }
        if matches!(bare, "e" | "ed" | "and" | "&" | "y" | "et" | "und") {
            end(&mut name);
            continue;
        }
        let capital = bare.starts_with(char::is_uppercase)
            && bare.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-' | '.'));
        let particle = PARTICLES.contains(&bare) && !name.is_empty();
        if !capital && !particle {
            break;
        }
        name.push(bare);
        if word.len() != bare.len() {
            end(&mut name);
        }
    }
    while name.last().is_some_and(|word| PARTICLES.contains(word)) {
        name.pop();
    }
    end(&mut name);
    let published = (!authors.is_empty()).then(|| date_in(rest)).flatten();
    Byline { authors, published }
}

/// The part of a text that is a date in words or figures.
fn date_in(text: &str) -> Option<String> {
    let at = text.find(|c: char| c.is_ascii_digit())?;
    // A month may stand before the day.
    let before = text[..at].trim_end();
    let word =
        before.char_indices().rfind(|(_, c)| !c.is_alphabetic()).map_or(0, |(at, c)| at + c.len_utf8());
    text.get(if before.get(word..).is_some_and(|word| word.len() > 2) { word } else { at }..)
        .map(str::to_owned)
}

/// Names as metadata have them: `Verdi, Anna` turned round, several in one apart, those of nobody left out.
pub(crate) fn tidy(authors: Vec<String>) -> Vec<String> {
    let mut tidy: Vec<String> = Vec::new();
    for author in authors.iter().flat_map(|author| author.split(';')) {
        let author = author.trim();
        let turned = match author.split_once(", ") {
            Some((last, first)) if !first.contains([',', ' ']) && last.split(' ').count() <= 2 => {
                format!("{first} {last}")
            }
            _ => author.to_owned(),
        };
        if !turned.is_empty() && !NOBODY.contains(&turned.to_lowercase().as_str()) && !tidy.contains(&turned)
        {
            tidy.push(turned);
        }
    }
    tidy
}

/// `Headline - Site`, where the page shows the headline alone as well: both parts.
pub(crate) fn title_and_site(document: &Html, title: &str) -> Option<(String, String)> {
    let shown: HashSet<String> = shown(document).map(|text| words(&text)).collect();
    let mut found = None;
    for separator in [" | ", " – ", " — ", " - ", " » ", " :: ", " • ", " · "] {
        for (at, _) in title.match_indices(separator) {
            let (head, tail) = (title[..at].trim(), title[at + separator.len()..].trim());
            let longer = found.as_ref().is_none_or(|(known, _): &(String, String)| head.len() > known.len());
            if longer && head.chars().count() >= 8 && !tail.is_empty() && shown.contains(&words(head)) {
                found = Some((head.to_owned(), tail.to_owned()));
            }
        }
    }
    found
}

/// A date that stands by itself soon after the headline.
pub(crate) fn date_near(document: &Html, title: &str, now: Timestamp) -> Option<String> {
    let title = words(title);
    shown(document).skip_while(|text| words(text) != title).skip(1).take(NEAR).find(|text| {
        text.len() <= 60 && text.contains(|c: char| c.is_ascii_digit()) && date::parse(text, now).is_some()
    })
}

/// The texts of the page that a reader sees, one by one.
fn shown(document: &Html) -> impl Iterator<Item = String> {
    let unseen = |name: &str| matches!(name, "script" | "style" | "head" | "title" | "template" | "noscript");
    document
        .root_element()
        .descendants()
        .filter(move |node| {
            node.value().is_text()
                && !node.parent().and_then(ElementRef::wrap).is_some_and(|up| unseen(up.value().name()))
        })
        .filter_map(|node| fold(node.value().as_text()?))
        .filter(|text| text.len() <= 400)
        .take(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines() {
        let check = |text: &str, authors: &[&str], published: Option<&str>| {
            let found = parse(text);
            assert_eq!(
                (found.authors.iter().map(String::as_str).collect::<Vec<_>>(), found.published.as_deref()),
                (authors.to_vec(), published),
                "{text}"
            );
        };
        check("di Anna Verdi", &["Anna Verdi"], None);
        check("di Anna Verdi e Carlo De Luca", &["Anna Verdi", "Carlo De Luca"], None);
        check(
            "By Margaret Ellison and Tariq Qureshi | March 11, 2026",
            &["Margaret Ellison", "Tariq Qureshi"],
            Some("March 11, 2026"),
        );
        check("di Fulvio Terracini - 11/11/2009", &["Fulvio Terracini"], Some("11/11/2009"));
        check(
            "Autori: Hannah Lindqvist, Tommaso Brera Pubblicato",
            &["Hannah Lindqvist", "Tommaso Brera Pubblicato"],
            None,
        );
        check("Scritto da Ursula von der Leyen", &["Ursula von der Leyen"], None);
        check("di fronte al mare", &[], None);
        check("By the way, Anna Verdi", &[], None);
        check("Di Roma", &[], None);
        check("", &[], None);
    }

    #[test]
    fn authors_of_metadata() {
        let check = |authors: &[&str], expected: &[&str]| {
            assert_eq!(tidy(authors.iter().map(|a| (*a).to_owned()).collect()), expected, "{authors:?}");
        };
        check(&["Ellison, Margaret", "Qureshi, Tariq"], &["Margaret Ellison", "Tariq Qureshi"]);
        check(&["Hannah Lindqvist; Tommaso Brera"], &["Hannah Lindqvist", "Tommaso Brera"]);
        check(&["Administrator", "Anna Verdi", "Anna Verdi"], &["Anna Verdi"]);
        check(&["Anna Verdi, corrispondente da Parigi"], &["Anna Verdi, corrispondente da Parigi"]);
    }

    #[test]
    fn a_title_is_split_where_the_page_shows_its_head() {
        let html = |shown: &str| {
            Html::parse_document(&format!("<h1>Analisi</h1><h2>{shown}</h2><p>3 marzo 2026</p>"))
        };
        let split = title_and_site(
            &html("Due satelliti - parte seconda"),
            "Due satelliti - parte seconda - Rivista | Roma",
        );
        assert_eq!(split, Some(("Due satelliti - parte seconda".into(), "Rivista | Roma".into())));
        assert_eq!(title_and_site(&html("Altro titolo"), "Due satelliti - Rivista"), None);
        let now = "2026-11-25T12:00:00Z".parse().unwrap();
        assert_eq!(date_near(&html("Due satelliti"), "Due satelliti", now).as_deref(), Some("3 marzo 2026"));
    }
}
