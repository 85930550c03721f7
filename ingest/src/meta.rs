//! Title, date, authors, address and site of a page, from what it declares.

use std::{cell::OnceCell, iter};

use jiff::Timestamp;
use scraper::{Html, Selector};
use serde_json::Value;
use url::Url;

use crate::{byline, date, headline, plain::fold};

/// What a page says of itself.
#[derive(Debug, Default)]
pub struct Meta {
    pub title: Option<String>,
    pub published: Option<Timestamp>,
    pub authors: Vec<String>,
    pub canonical_url: Option<String>,
    pub site_name: Option<String>,
    pub language: Option<String>,
    /// Whether the page calls itself an article.
    pub is_article: bool,
}

/// Objects of JSON-LD that are looked through.
const LD_OBJECTS: usize = 200;

/// Reads a document's own declarations.
pub fn read(document: &Html, url: &str, now: Timestamp) -> Meta {
    let (ld, metas) = (json_ld(document), Metas::of(document));
    let whole_title = text(document, "title");
    let split = whole_title.as_deref().and_then(|title| byline::title_and_site(document, title));
    let site_name = metas
        .first(&["og:site_name", "application-name"])
        .or_else(|| ld_site(&ld))
        .or_else(|| split.as_ref().map(|(_, site)| site.clone()));
    // Only where something is still unsaid: it looks through the whole page.
    let shown = OnceCell::new();
    let shown = || shown.get_or_init(|| byline::find(document));
    let mut authors = ld_authors(&ld);
    if authors.is_empty() {
        authors = metas
            .all(&[
                "author",
                "article:author",
                "dc.creator",
                "dcterms.creator",
                "citation_author",
                "parsely-author",
            ])
            .into_iter()
            .filter(|author| !author.starts_with("http"))
            .collect();
    }
    if authors.is_empty() {
        authors = text(
            document,
            "[rel=author], .author-name, .byline a, .entry-author, [itemprop=author], .post-author-name, \
             .wp-block-post-author-name, a[href*='/author/'], a[href*='/autore/']",
        )
        .into_iter()
        .collect();
    }
    let mut authors = byline::tidy(authors);
    if authors.is_empty() {
        authors.clone_from(&shown().authors);
    }
    let canonical_url = attribute(document, "link[rel=canonical]", "href")
        .or_else(|| metas.first(&["og:url"]))
        .and_then(|canonical| same_site(&canonical, url));
    let language = attribute(document, "html[lang]", "lang")
        .or_else(|| metas.first(&["og:locale", "language", "content-language"]));
    let title = headline::of(
        [
            (1.25, ld_text(&ld, "headline")),
            (1.15, text(document, "article h1, main h1").or_else(|| text(document, "h1"))),
            (0.5, text(document, "[itemprop=headline]")),
            (1.0, metas.first(&["og:title", "dc.title"])),
            (0.6, whole_title),
            (0.8, split.map(|(head, _)| head)),
            (0.5, metas.first(&["twitter:title"])),
        ]
        .map(|(weight, title)| (weight, title.map(|title| without_site(&title, site_name.as_deref())))),
    );
    let published = published(document, &metas, &ld, url, || shown().published.clone(), now).or_else(|| {
        let near = || title.as_deref().and_then(|title| byline::date_near(document, title, now));
        near().and_then(|text| date::parse(&text, now))
    });
    let says = |names: &[&str], start: &str| {
        metas.first(names).is_some_and(|value| value.to_ascii_lowercase().starts_with(start))
    };
    let is_a = |kind: &str| ld.iter().any(|object| object["@type"].as_str() == Some(kind));
    // Templates call every page an article in `og:type`; a collection that says so is believed.
    let is_article = !is_a("CollectionPage")
        && (ld.iter().any(|object| object["@type"].as_str() != Some("WebPage"))
            || says(&["og:type"], "article")
            || says(&["article:published_time"], ""));
    Meta { is_article, title, published, authors, canonical_url, site_name, language }
}

/// When the page says it was published: of all that it says, a time with its zone before a time without, and that
/// before a day alone; else JSON-LD before the meta elements, those before what is shown, and the address last.
fn published(
    document: &Html,
    metas: &Metas<'_>,
    ld: &[Value],
    url: &str,
    byline: impl FnOnce() -> Option<String>,
    now: Timestamp,
) -> Option<Timestamp> {
    const METAS: &[&str] = &[
        "article:published_time",
        "og:article:published_time",
        "datepublished",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.created",
        "citation_publication_date",
        "sailthru.date",
        "parsely-pub-date",
        "publish-date",
        "pubdate",
    ];
    const TIMES: &str =
        "article time[datetime], main time[datetime], time[datetime][pubdate], time[datetime]";
    const SHOWN: &[&str] = &[
        ".entry-date, .post-date, .published, .article-date, .date, .data-pubblicazione",
        "[class*=date i], [class*=datum i], [class*=fecha i], [class*=pubblica i], [class*=publish i], time",
    ];
    let said = ld_text(ld, "datePublished")
        .into_iter()
        .chain(METAS.iter().filter_map(|name| metas.first(&[name])))
        .chain(lazily(|| attribute(document, "[itemprop=datePublished][content]", "content")))
        .chain(lazily(|| attribute(document, TIMES, "datetime")))
        .chain(lazily(byline))
        .chain(SHOWN.iter().flat_map(|shown| short_texts(document, shown)))
        .chain(day_in_address(url));
    let read = said.filter_map(|text| Some((date::precision(&text), date::parse(&text, now)?)));
    // The first of the most precise, and no further look once nothing can be more so.
    let mut best: Option<(u8, Timestamp)> = None;
    for (precision, at) in read {
        if best.is_none_or(|(of_best, _)| precision > of_best) {
            best = Some((precision, at));
        }
        if precision == date::MOST_PRECISE {
            break;
        }
    }
    best.map(|(_, at)| at)
}

fn lazily<T>(find: impl FnOnce() -> Option<T>) -> impl Iterator<Item = T> {
    iter::once_with(find).flatten()
}

/// Texts of the elements, but for long ones: a date stands alone.
fn short_texts(document: &Html, selector: &str) -> Vec<String> {
    let texts = select(document, selector).into_iter();
    texts
        .filter_map(|element| fold(&element.text().collect::<Vec<_>>().join(" ")))
        .filter(|text| text.len() <= 120)
        .collect()
}

/// `/2026/03/01/` or `/2026-03-01-` in an address.
fn day_in_address(url: &str) -> Option<String> {
    let path = Url::parse(url).ok()?.path().to_owned();
    let numbers: Vec<&str> = path.split(|c: char| !c.is_ascii_digit()).collect();
    let day = numbers.windows(3).find(|part| [part[0].len(), part[1].len(), part[2].len()] == [4, 2, 2])?;
    Some(day.join("-"))
}

/// The title without ` | Site` or ` - Site` at its end.
fn without_site(title: &str, site: Option<&str>) -> String {
    let Some(site) = site.map(str::to_lowercase) else { return title.to_owned() };
    for separator in [" | ", " – ", " — ", " - ", " » ", " :: ", " • "] {
        if let Some((head, tail)) = title.rsplit_once(separator)
            && !head.trim().is_empty()
            && (site.contains(&tail.trim().to_lowercase()) || tail.to_lowercase().contains(&site))
        {
            return head.trim().to_owned();
        }
    }
    title.to_owned()
}

fn same_site(canonical: &str, url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let canonical = url.join(canonical.trim()).ok()?;
    let bare = |host: Option<&str>| host.map(|host| host.trim_start_matches("www.").to_owned());
    let root = matches!(canonical.path(), "/" | "") && !matches!(url.path(), "/" | "");
    (bare(canonical.host_str()) == bare(url.host_str()) && canonical.port() == url.port() && !root)
        .then(|| canonical.to_string())
}

fn select<'a>(document: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    Selector::parse(selector)
        .map(|selector| document.select(&selector).take(50).collect())
        .unwrap_or_default()
}

fn text(document: &Html, selector: &str) -> Option<String> {
    select(document, selector)
        .into_iter()
        .find_map(|element| fold(&element.text().collect::<Vec<_>>().join(" ")))
}

fn attribute(document: &Html, selector: &str, name: &str) -> Option<String> {
    select(document, selector).into_iter().find_map(|element| element.value().attr(name).and_then(fold))
}

/// The meta elements that say something: what they are called, by any of the attributes for that, and their content.
struct Metas<'a>(Vec<(Vec<&'a str>, &'a str)>);

impl<'a> Metas<'a> {
    fn of(document: &'a Html) -> Self {
        let named = |element: scraper::ElementRef<'a>| {
            let value = element.value();
            let names = ["property", "name", "itemprop", "http-equiv"];
            Some((names.iter().filter_map(|key| value.attr(key)).collect(), value.attr("content")?))
        };
        let Ok(selector) = Selector::parse("meta[content]") else { return Self(Vec::new()) };
        Self(document.select(&selector).take(300).filter_map(named).collect())
    }

    fn first(&self, names: &[&str]) -> Option<String> {
        self.all(names).into_iter().next()
    }

    /// Contents of the elements with the first of `names` that is there.
    fn all(&self, names: &[&str]) -> Vec<String> {
        let contents = |name: &&str| -> Vec<String> {
            let called =
                self.0.iter().filter(|(own, _)| own.iter().any(|own| own.eq_ignore_ascii_case(name)));
            called.filter_map(|(_, content)| fold(content)).collect()
        };
        names.iter().map(contents).find(|found| !found.is_empty()).unwrap_or_default()
    }
}

/// The objects of the page's JSON-LD that describe an article.
fn json_ld(document: &Html) -> Vec<Value> {
    let mut found = Vec::new();
    for script in select(document, "script[type='application/ld+json']") {
        let source = script.text().collect::<String>();
        // Line breaks within strings are common, and JSON forbids them.
        let source: String = source.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if let Ok(value) = serde_json::from_str::<Value>(source.trim().trim_end_matches(';')) {
            let mut queue = vec![value];
            while let Some(value) = queue.pop() {
                match value {
                    Value::Array(list) => queue.extend(list),
                    Value::Object(mut map) => {
                        for part in ["@graph", "mainEntity", "mainEntityOfPage"] {
                            queue.extend(map.remove(part));
                        }
                        found.push(Value::Object(map));
                    }
                    _ => {}
                }
                if found.len() > LD_OBJECTS {
                    break;
                }
            }
        }
    }
    found.retain(|object| {
        let kinds = match &object["@type"] {
            Value::String(kind) => vec![kind.as_str()],
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        kinds.iter().any(|kind| {
            kind.ends_with("Article")
                || kind.ends_with("Posting")
                || matches!(*kind, "Report" | "WebPage" | "CollectionPage")
        })
    });
    // The article before the page that holds it.
    found.sort_by_key(|object| matches!(object["@type"].as_str(), Some("WebPage" | "CollectionPage")));
    found
}

fn ld_text(objects: &[Value], key: &str) -> Option<String> {
    objects.iter().find_map(|object| object[key].as_str().and_then(fold))
}

fn ld_site(objects: &[Value]) -> Option<String> {
    objects.iter().find_map(|object| object["publisher"]["name"].as_str().and_then(fold))
}

fn ld_authors(objects: &[Value]) -> Vec<String> {
    let name = |value: &Value| {
        value["name"].as_str().or(value.as_str()).and_then(fold).filter(|name| !name.starts_with("http"))
    };
    objects
        .iter()
        .map(|object| match &object["author"] {
            Value::Array(list) => list.iter().filter_map(name).collect(),
            one => name(one).into_iter().collect::<Vec<_>>(),
        })
        .find(|authors| !authors.is_empty())
        .unwrap_or_default()
}
