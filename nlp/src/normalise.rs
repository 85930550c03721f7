//! Text as the lexicon compares it, with the way back to the original bytes.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A stretch of normalised text. Inside an `Even` stretch every byte has one original byte.
#[derive(Debug, Clone, Copy)]
struct Anchor {
    normalised: usize,
    original: usize,
    /// `Some(end)`: all bytes of the stretch come from the one piece `original..end`.
    end: Option<usize>,
}

/// Compatibility forms resolved (NFKD), diacritics stripped, case folded, kinds of dashes, quotes and
/// apostrophes unified, white space to one space (or one newline where it holds one), invisible characters out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Normalised {
    pub(crate) text: String,
    anchors: Vec<Anchor>,
}

impl Normalised {
    /// Normalises `source`, remembering where everything came from.
    pub(crate) fn new(source: &str) -> Self {
        let mut this = Self { text: String::with_capacity(source.len()), anchors: Vec::new() };
        let mut blank: Option<(usize, bool)> = None;
        let mut at = 0;
        while let Some(c) = source[at..].chars().next() {
            let next = at + c.len_utf8();
            if c.is_whitespace() {
                let (from, newline) = blank.unwrap_or((at, false));
                blank = Some((from, newline || c == '\n'));
                at = next;
                continue;
            }
            if is_invisible(c) {
                at = next;
                continue;
            }
            if let Some((from, newline)) = blank.take() {
                this.push(from, at, |text| text.push(if newline { '\n' } else { ' ' }));
            }
            let plain = plain_run(&source.as_bytes()[at..]);
            if plain > 0 {
                this.push(at, at + plain, |text| {
                    let from = text.len();
                    text.push_str(&source[at..at + plain]);
                    text[from..].make_ascii_lowercase();
                });
                at += plain;
            } else {
                this.push(at, next, |text| fold(c, text));
                at = next;
            }
        }
        this
    }

    fn push(&mut self, start: usize, end: usize, write: impl FnOnce(&mut String)) {
        let before = self.text.len();
        write(&mut self.text);
        let length = self.text.len() - before;
        if length == 0 {
            return;
        }
        let even = length == end - start;
        if even
            && let Some(last) = self.anchors.last()
            && last.end.is_none()
            && last.original + (before - last.normalised) == start
        {
            return;
        }
        self.anchors.push(Anchor { normalised: before, original: start, end: (!even).then_some(end) });
    }

    /// The original byte range of the normalised range `start..end` (not empty).
    pub(crate) fn original(&self, start: usize, end: usize) -> (usize, usize) {
        let from = self.anchor(start).map_or(0, |a| match a.end {
            Some(_) => a.original,
            None => a.original + (start - a.normalised),
        });
        let to = self.anchor(end.saturating_sub(1)).map_or(from, |a| match a.end {
            Some(end) => end,
            None => a.original + (end - a.normalised),
        });
        (from, to)
    }

    fn anchor(&self, at: usize) -> Option<&Anchor> {
        let next = self.anchors.partition_point(|a| a.normalised <= at);
        self.anchors.get(next.checked_sub(1)?)
    }
}

/// `text` in the form that the lexicon compares.
pub(crate) fn normalise(text: &str) -> String {
    Normalised::new(text.trim()).text
}

/// Bytes at the beginning that change in nothing but letter case: visible ASCII and single spaces within it.
fn plain_run(bytes: &[u8]) -> usize {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'`';
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        at += rest.iter().position(|byte| !is_plain(*byte)).unwrap_or(rest.len());
        let goes_on =
            at > 0 && bytes.get(at) == Some(&b' ') && bytes.get(at + 1).is_some_and(|b| is_plain(*b));
        if !goes_on {
            return at;
        }
        at += 1;
    }
}

fn fold(c: char, out: &mut String) {
    if c.is_ascii() && !matches!(c, '`') {
        out.push(c.to_ascii_lowercase());
        return;
    }
    match c {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʹ' | 'ʻ' | '′' | '´' | '`' | '＇' => out.push('\''),
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' | '〝' | '〞' | '＂' => out.push('"'),
        '\u{2010}'..='\u{2015}' | '−' | '﹘' | '﹣' | '－' => out.push('-'),
        'ß' | 'ẞ' => out.push_str("ss"),
        'ı' => out.push('i'),
        'æ' | 'Æ' => out.push_str("ae"),
        'ø' | 'Ø' => out.push('o'),
        'ł' | 'Ł' => out.push('l'),
        'đ' | 'Đ' => out.push('d'),
        _ => {
            for part in std::iter::once(c).nfkd().filter(|&p| !is_combining_mark(p)) {
                // An Arabic ligature opens into words with spaces: one space stays a space.
                out.extend(part.to_lowercase().filter(|&p| !is_combining_mark(p)));
            }
        }
    }
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
        || matches!(c, '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::Normalised;

    /// `find` in the normalised text must come from exactly `want` of the source.
    fn check(source: &str, normalised: &str, find: &str, want: &str) {
        let this = Normalised::new(source);
        assert_eq!(this.text, normalised, "{source:?}");
        let at = this.text.find(find).unwrap();
        let (a, b) = this.original(at, at + find.len());
        assert_eq!(&source[a..b], want, "{source:?}");
    }

    #[test]
    fn the_way_back() {
        check("L’Università di Pechino", "l'universita di pechino", "universita", "Università");
        check("A\u{a0} \t PRSS–1.", "a prss-1.", "prss-1", "PRSS–1");
        check("Su\u{ad}parco flew", "suparco flew", "suparco", "Su\u{ad}parco");
        check("ﬁrm «Spáce»", "firm \"space\"", "space", "Spáce");
        check("ﬁrm", "firm", "fi", "ﬁ");
        check("Chang\u{2019}e\u{301} x", "chang'e x", "chang'e", "Chang\u{2019}e");
        check("🛰️ Ｃｈｉｎａ", "🛰 china", "china", "Ｃｈｉｎａ");
        check("Straße\n\n Köln", "strasse\nkoln", "koln", "Köln");
        check("İstanbul", "istanbul", "istanbul", "İstanbul");
    }
}
