//! One address for one page: what trackers, caches and phones add is taken off.

use url::{Host, Url};

/// Parameters that say where a reader came from, not what is read.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "msclkid",
    "yclid",
    "igshid",
    "mkt_tok",
    "oly_anon_id",
    "oly_enc_id",
    "ref",
    "ref_src",
    "referrer",
    "cmpid",
    "cmp",
    "ncid",
    "spm",
    "share",
    "s_cid",
    "amp",
    "noamp",
    "output",
    "outputtype",
    "_ga",
    "_gl",
    "wt_mc",
    "xtor",
    "smid",
    "twclid",
    "ttclid",
    "li_fat_id",
    "vero_id",
    "wickedid",
    "rss",
    "source",
    "feed",
];

/// Beginnings of such parameters.
const TRACKING_PREFIXES: &[&str] =
    &["utm_", "mc_", "hsa_", "pk_", "piwik_", "mtm_", "at_", "hs", "ga_", "__"];

/// Names that sites put before their own for the same pages.
const HOST_PREFIXES: &[&str] = &["www.", "m.", "amp.", "mobile."];

/// The canonical form of an address, for comparing: not for fetching, since scheme and `www.` are
/// folded. `None` for what is no web address.
pub fn canonical_url(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || address.contains('\\') {
        return None;
    }
    let whole = url.host_str()?.to_ascii_lowercase();
    let whole = whole.strip_suffix('.').unwrap_or(&whole);
    let mut host = whole;
    if whole.split('.').any(str::is_empty) {
        return None;
    }
    let is_name = |host: &&str| host.contains('.') && matches!(Host::parse(host), Ok(Host::Domain(_)));
    while let Some(rest) = HOST_PREFIXES.iter().find_map(|p| host.strip_prefix(p)).filter(is_name) {
        host = rest;
    }
    url.set_fragment(None);
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let path = clean_path(url.path());
    let mut query: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| !is_tracking(name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    query.sort();
    let mut canonical = format!("https://{host}{port}{path}");
    if !query.is_empty() {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        canonical.push('?');
        canonical.push_str(&query);
    }
    Some(canonical)
}

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKING.contains(&name.as_str()) || TRACKING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Without AMP parts, doubled slashes and a slash at the end, however often they stand there.
fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    while matches!(parts.last(), Some(&("amp" | "amp.html" | "index.html" | "index.php"))) {
        parts.pop();
    }
    let first = parts.iter().take_while(|part| **part == "amp").count();
    let mut path: String = parts.iter().skip(first).flat_map(|part| ["/", part]).collect();
    while let Some(stem) = path.strip_suffix(".amp.html") {
        path = format!("{stem}.html");
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, expected: &str) {
        assert_eq!(canonical_url(address).as_deref(), Some(expected), "{address}");
        assert_eq!(canonical_url(expected).as_deref(), Some(expected), "canonical stays canonical");
    }

    #[test]
    fn one_page_has_one_address() {
        for address in [
            "http://www.example.org/a/b/",
            "https://example.org/a/b",
            "https://EXAMPLE.org:443/a/b/?utm_source=feed&fbclid=1#comments",
            "https://m.example.org/a//b/amp/",
            "https://example.org/amp/a/b",
            "https://example.org/a/b/index.html",
            "https://example.org/a/b?amp=1",
        ] {
            check(address, "https://example.org/a/b");
        }
        check("https://example.org/?p=12&a=x y", "https://example.org?a=x+y&p=12");
        check("https://www.m.example.org/amp/amp/a.amp.html/index.php/", "https://example.org/a.html");
        // What would be left is no name.
        check("https://www.localhost/", "https://www.localhost");
        check("https://example.org:8443/x", "https://example.org:8443/x");
        check("https://example.org/caffè?q=è", "https://example.org/caff%C3%A8?q=%C3%A8");
    }

    #[test]
    fn what_differs_stays_apart_and_what_is_no_page_has_none() {
        assert_ne!(canonical_url("https://example.org/?p=1"), canonical_url("https://example.org/?p=2"));
        assert_ne!(canonical_url("https://a.example.org/x"), canonical_url("https://b.example.org/x"));
        for bad in [
            "",
            "ftp://example.org/x",
            "mailto:a@example.org",
            "https:\\\\example.org",
            "/relative",
            "file:///x",
            "https://./",
            "https://a..b/",
            "https://m.7.9/",
        ] {
            assert_eq!(canonical_url(bad), None, "{bad}");
        }
    }
}
