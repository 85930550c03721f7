//! How deep a page nests, before a parser that recurses sees it.

/// How deep elements nest, counted on the bytes: unclosed paragraphs and list items do not nest.
pub(crate) fn depth(html: &str) -> usize {
    const FLAT: &[&str] = &[
        "p", "li", "br", "img", "hr", "meta", "link", "input", "td", "tr", "th", "option", "dd", "dt",
        "source", "area", "base", "col", "embed", "param", "track", "wbr", "!doctype", "!--", "path",
    ];
    let (mut now, mut deepest) = (0usize, 0usize);
    for tag in html.split('<').skip(1) {
        let name_end = tag
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '!' | '-')))
            .unwrap_or(tag.len());
        let name = &tag[..name_end];
        if let Some(closed) = name.strip_prefix('/') {
            if !FLAT.iter().any(|flat| closed.eq_ignore_ascii_case(flat)) {
                now = now.saturating_sub(1);
            }
        } else if name.starts_with(|c: char| c.is_ascii_alphabetic())
            && !FLAT.iter().any(|flat| name.eq_ignore_ascii_case(flat))
        {
            let selfclosed = tag.split('>').next().is_some_and(|inside| inside.ends_with('/'));
            if !selfclosed {
                now += 1;
                deepest = deepest.max(now);
            }
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::depth;

    #[test]
    fn what_nests_counts_and_what_does_not_does_not() {
        for (html, expected) in [
            ("", 0),
            ("<div><b>x</b></div><i>y</i>", 2),
            ("<p>a<p>b<p>c<br><img src=x>", 0),
            ("<div/><div/>", 0),
            ("</div></div><div>", 1),
            ("a < b <3 <!-- <div> -->", 1),
        ] {
            assert_eq!(depth(html), expected, "{html}");
        }
        assert_eq!(depth(&"<div>".repeat(10_000)), 10_000);
    }
}
