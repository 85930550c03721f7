//! One address for one page: what trackers, caches and phones add is taken off.

use url::Url;

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

/// The canonical form of an address, for comparing: not for fetching, since scheme and `www.` are
/// folded. `None` for what is no web address.
pub fn canonical_url(address: &str) -> Option<String> {
    let mut url = Url::parse(address.trim()).ok()?;
    if !matches!(url.scheme(), "http" | "https") || address.contains('\\') {
        return None;
    }
    let host = url.host_str()?.trim_end_matches('.').to_ascii_lowercase();
    let host = ["www.", "m.", "amp.", "mobile."]
        .iter()
        .find_map(|p| host.strip_prefix(p))
        .filter(|h| h.contains('.'))
        .unwrap_or(&host)
        .to_owned();
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

/// Without AMP parts, doubled slashes and a slash at the end.
fn clean_path(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if matches!(parts.last(), Some(&("amp" | "amp.html" | "index.html" | "index.php"))) {
        parts.pop();
    }
    if parts.first() == Some(&"amp") {
        parts.remove(0);
    }
    let path: String = parts.iter().flat_map(|part| ["/", part]).collect();
    match path.strip_suffix(".amp.html") {
        Some(stem) => format!("{stem}.html"),
        None => path,
    }
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
        ] {
            assert_eq!(canonical_url(bad), None, "{bad}");
        }
    }
}
