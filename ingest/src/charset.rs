//! Bytes to text: byte order mark, then HTTP header, then `<meta>`, then detection.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes that are looked at for a declaration, and for detection.
const HEAD: usize = 4096;

/// The text of a feed without its XML declaration, where a parser of XML would read the bytes wrongly: characters of
/// two or four bytes, and UTF-8 that is declared as something else.
pub fn feed<'a>(body: &'a [u8], content_type: Option<&str>) -> Option<Cow<'a, str>> {
    if wide(body).is_some() {
        return Some(without_declaration(decode(body, content_type)));
    }
    let declared = from_meta(&body[..body.len().min(200)])?;
    if declared == UTF_8 || body.is_ascii() {
        return None;
    }
    std::str::from_utf8(body).ok().map(|text| without_declaration(Cow::Borrowed(text)))
}

fn without_declaration(text: Cow<'_, str>) -> Cow<'_, str> {
    match text
        .find("?>")
        .filter(|_| text.trim_start_matches(['\u{feff}', ' ', '\n', '\r', '\t']).starts_with("<?xml"))
    {
        Some(end) => Cow::Owned(text[end + 2..].to_owned()),
        None => text,
    }
}

/// Bytes of a character and whether the largest comes first.
fn wide(body: &[u8]) -> Option<(usize, bool)> {
    match body {
        [0xff, 0xfe, 0, 0, ..] | [b'<', 0, 0, 0, ..] => Some((4, false)),
        [0, 0, 0xfe, 0xff, ..] | [0, 0, 0, b'<', ..] => Some((4, true)),
        [0xff, 0xfe, ..] | [b'<', 0, _, 0, ..] => Some((2, false)),
        [0xfe, 0xff, ..] | [0, b'<', 0, _, ..] => Some((2, true)),
        _ => None,
    }
}

/// UTF-32, which encoding_rs leaves out, as the web did.
fn utf_32(body: &[u8], largest_first: bool) -> String {
    let unit =
        |bytes: &[u8; 4]| if largest_first { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) };
    let (units, _) = body.as_chunks::<4>();
    let text = units.iter().map(|bytes| char::from_u32(unit(bytes)).unwrap_or(char::REPLACEMENT_CHARACTER));
    text.skip_while(|c| *c == '\u{feff}').collect()
}

/// The text of a page.
pub fn decode<'a>(body: &'a [u8], content_type: Option<&str>) -> Cow<'a, str> {
    match wide(body) {
        Some((4, largest_first)) => return Cow::Owned(utf_32(body, largest_first)),
        Some((_, true)) => return UTF_16BE.decode(body).0,
        Some((_, false)) => return UTF_16LE.decode(body).0,
        None => {}
    }
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
        check(b"<\0p\0>\0", None, "<p>");
        check(b"\0<\0p\0>", Some("text/xml; charset=utf-16"), "<p>");
        check(b"\0\0\0<\0\0\0\xe8", None, "<è");
        check(b"\xff\xfe\0\0\xe8\0\0\0\xff\xff\xff\xff", None, "è\u{fffd}");
        let long =
            b"La citt\xe0 \xe8 pi\xf9 bella perch\xe9 c'\xe8 il mare e l'universit\xe0 \xe8 gi\xe0 aperta.";
        check(long, None, "La città è più bella perché c'è il mare e l'università è già aperta.");
    }
}
