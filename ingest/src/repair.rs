//! What a strict XML parser refuses but a reader would show.

use crate::charset;

/// Entities of HTML that feeds use though XML does not know them.
const ENTITIES: &[(&str, &str)] = &[
    ("nbsp", "\u{a0}"),
    ("agrave", "à"),
    ("egrave", "è"),
    ("eacute", "é"),
    ("igrave", "ì"),
    ("ograve", "ò"),
    ("ugrave", "ù"),
    ("Agrave", "À"),
    ("Egrave", "È"),
    ("Eacute", "É"),
    ("Igrave", "Ì"),
    ("Ograve", "Ò"),
    ("Ugrave", "Ù"),
    ("aacute", "á"),
    ("iacute", "í"),
    ("oacute", "ó"),
    ("uacute", "ú"),
    ("ntilde", "ñ"),
    ("ccedil", "ç"),
    ("auml", "ä"),
    ("ouml", "ö"),
    ("uuml", "ü"),
    ("szlig", "ß"),
    ("euro", "€"),
    ("pound", "£"),
    ("laquo", "«"),
    ("raquo", "»"),
    ("ldquo", "“"),
    ("rdquo", "”"),
    ("lsquo", "‘"),
    ("rsquo", "’"),
    ("sbquo", "‚"),
    ("ndash", "–"),
    ("mdash", "—"),
    ("hellip", "…"),
    ("bull", "•"),
    ("middot", "·"),
    ("deg", "°"),
    ("copy", "©"),
    ("reg", "®"),
    ("trade", "™"),
    ("times", "×"),
    ("frac12", "½"),
    ("sect", "§"),
    ("para", "¶"),
    ("shy", "\u{ad}"),
    ("acirc", "â"),
    ("ecirc", "ê"),
    ("icirc", "î"),
    ("ocirc", "ô"),
    ("ucirc", "û"),
    ("iexcl", "¡"),
    ("iquest", "¿"),
    ("ordf", "ª"),
    ("ordm", "º"),
    ("larr", "←"),
    ("rarr", "→"),
    ("minus", "−"),
    ("zwnj", "\u{200c}"),
    ("zwj", "\u{200d}"),
];

/// Texts to try in turn, each with what was done to it.
pub fn attempts(body: &[u8], content_type: Option<&str>) -> Vec<(String, Vec<String>)> {
    let decoded = charset::decode(body, content_type);
    let mut repairs = Vec::new();
    let text = start(&decoded, &mut repairs);
    let text = characters(&text, &mut repairs);
    let text = ampersands(&text, &mut repairs);
    let mut attempts = vec![(text.clone(), repairs.clone())];
    if let Some(cut) = truncated(&text) {
        repairs.push("cut the tail after the last whole entry".into());
        attempts.push((cut, repairs));
    }
    attempts
}

/// From the first element on, without a declaration: the text is UTF-8 now, whatever it says.
fn start(text: &str, repairs: &mut Vec<String>) -> String {
    let from =
        ["<rss", "<feed", "<rdf:RDF", "<RDF"].iter().filter_map(|mark| text.find(mark)).min().unwrap_or(0);
    if text[..from].trim_start().starts_with("<?xml") && text[..from].matches('<').count() == 1 {
        let declared = &text[..from];
        if declared.to_ascii_lowercase().contains("utf-8") || !declared.contains("encoding") {
            return text[from..].to_owned();
        }
        repairs.push("ignored the declared encoding".into());
    } else if from > 0 {
        repairs.push("dropped what stood before the feed".into());
    }
    text[from..].to_owned()
}

/// Without characters that XML forbids.
fn characters(text: &str, repairs: &mut Vec<String>) -> String {
    let legal =
        |c: &char| matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'));
    let cleaned: String = text.chars().filter(legal).collect();
    if cleaned.len() != text.len() {
        repairs.push("dropped illegal characters".into());
    }
    cleaned
}

/// HTML's entities replaced, stray ampersands escaped; CDATA is left alone.
fn ampersands(text: &str, repairs: &mut Vec<String>) -> String {
    let mut fixed = String::with_capacity(text.len() + 64);
    let mut rest = text;
    let mut changed = false;
    while let Some(at) = rest.find(['&', '<']) {
        fixed.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with("<![CDATA[") {
            let end = rest.find("]]>").map_or(rest.len(), |end| end + 3);
            fixed.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        }
        if rest.starts_with('<') {
            fixed.push('<');
            rest = &rest[1..];
            continue;
        }
        let name: String =
            rest[1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '#').take(12).collect();
        let closed = rest[1 + name.len()..].starts_with(';');
        let known = matches!(name.as_str(), "amp" | "lt" | "gt" | "quot" | "apos") || is_numeric(&name);
        if closed && known {
            fixed.push('&');
            rest = &rest[1..];
        } else if let Some((_, plain)) = ENTITIES.iter().find(|(entity, _)| closed && *entity == name) {
            fixed.push_str(plain);
            rest = &rest[name.len() + 2..];
            changed = true;
        } else {
            fixed.push_str("&amp;");
            rest = &rest[1..];
            changed = true;
        }
    }
    fixed.push_str(rest);
    if changed {
        repairs.push("mended entities and stray ampersands".into());
    }
    fixed
}

fn is_numeric(name: &str) -> bool {
    name.strip_prefix('#').is_some_and(|number| {
        let digits = number.strip_prefix(['x', 'X']);
        !number.is_empty()
            && digits.map_or_else(
                || number.chars().all(|c| c.is_ascii_digit()),
                |d| !d.is_empty() && d.chars().all(|c| c.is_ascii_hexdigit()),
            )
    })
}

/// The feed up to its last whole entry, closed again.
fn truncated(text: &str) -> Option<String> {
    let (end, close) = [("</item>", "</channel></rss>"), ("</entry>", "</feed>")]
        .into_iter()
        .find_map(|(mark, close)| text.rfind(mark).map(|at| (at + mark.len(), close)))?;
    let close = if text.contains("<rdf:RDF") { "</rdf:RDF>" } else { close };
    Some(format!("{}{close}", &text[..end]))
}
