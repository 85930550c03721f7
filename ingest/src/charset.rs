//! Bytes to text: byte order mark, then HTTP header, then `<meta>`, then detection.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// Bytes that are looked at for a declaration, and for detection.
const HEAD: usize = 4096;

/// The text of a page.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    if let Some((encoding, bom)) = Encoding::for_bom(body) {
        return encoding.decode_without_bom_handling(&body[bom..]).0;
    }
    let declared = content_type.and_then(from_header).or_else(|| from_meta(body));
    // UTF-8 that is valid is UTF-8, whatever an old server says.
    if let Ok(text) = std::str::from_utf8(body)
        && (declared.is_none_or(|encoding| encoding == UTF_8) || !body.is_ascii())
    {
        return Cow::Borrowed(text);
    }
    let encoding = declared.unwrap_or_else(|| detect(body));
    encoding.decode_without_bom_handling(body).0
}

fn from_header(content_type: &str) -> Option<&'static Encoding> {
    let lower = content_type.to_ascii_lowercase();
    let label =
        lower.split("charset=").nth(1)?.trim_matches(|c: char| c == '"' || c == '\'' || c.is_whitespace());
    Encoding::for_label(label.split([';', '"', '\'']).next()?.trim().as_bytes())
}

/// `<meta charset=…>`, `<meta … content="…; charset=…">` or `<?xml encoding=…?>`.
fn from_meta(body: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&body[..body.len().min(HEAD)]).to_ascii_lowercase();
    ["charset=", "encoding="].iter().find_map(|key| {
        let label = head.split(key).nth(1)?.trim_start_matches(['"', '\'']);
        let label: String =
            label.chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c)).collect();
        let found = Encoding::for_label(label.as_bytes())?;
        // A declaration that could be read byte by byte is no UTF-16.
        Some(if found.name().starts_with("UTF-16") { UTF_8 } else { found })
    })
}

fn detect(body: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&body[..body.len().min(1 << 20)], true);
    detector.guess(None, Utf8Detection::Allow)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &[u8], header: Option<&str>, expected: &str) {
        assert_eq!(decode(body, header), expected, "{header:?}");
    }

    #[test]
    fn the_surest_sign_decides() {
        check("perché".as_bytes(), None, "perché");
        check("perché".as_bytes(), Some("text/html; charset=iso-8859-1"), "perché");
        check(b"perch\xe9", Some("text/html; charset=ISO-8859-1"), "perché");
        check(
            b"<meta charset=\"windows-1252\">perch\xe9 \x93x\x94",
            None,
            "<meta charset=\"windows-1252\">perché “x”",
        );
        check(b"\xef\xbb\xbfperch\xc3\xa9", Some("text/html; charset=latin1"), "perché");
        check(b"\xff\xfep\0e\0", None, "pe");
        let long =
            b"La citt\xe0 \xe8 pi\xf9 bella perch\xe9 c'\xe8 il mare e l'universit\xe0 \xe8 gi\xe0 aperta.";
        check(long, None, "La città è più bella perché c'è il mare e l'università è già aperta.");
    }
}
