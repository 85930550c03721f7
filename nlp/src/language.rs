//! Which language a text is written in: letter statistics, function words, declared hints.

use std::collections::HashMap;
use std::sync::OnceLock;

use vedetta_domain::{Language, LanguageGuess, LanguageMethod};
use whatlang::{Detector, Lang};

use crate::function_words::{ENDINGS, WORDS};

/// Below this many letters the statistics of a text are not trusted alone.
const SHORT: usize = 100;
/// From here on function words no longer help.
const LONG: usize = 600;
/// What an ending weighs against a function word's 1.
const ENDING: f32 = 0.3;
/// Bytes taken from head, middle and tail of a long text.
const SAMPLE: usize = 4_000;

/// What others say about a text's language; weighed only where the text is too short to tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hints {
    /// The feed's language or the source's, as declared (`it`, `it-IT`).
    pub feed: Option<String>,
    /// The page's (`<html lang>`), as declared.
    pub declared: Option<String>,
}

/// Tells Italian and English from everything else.
pub fn detect(text: &str, hints: &Hints) -> LanguageGuess {
    let sample = sample(text);
    let letters = sample.chars().filter(|c| c.is_alphabetic()).take(LONG).count();
    let latin = sample.chars().filter(|&c| c.is_alphabetic() && is_latin(c)).take(LONG).count();
    if letters >= 8 && latin * 2 < letters {
        return guess("", 1.0, LanguageMethod::Text);
    }
    if foreign(&sample) {
        return guess("", 0.9, LanguageMethod::Text);
    }
    let words = if letters < LONG { best_by_words(&sample) } else { None };
    let info = detector().detect(&sample);
    if letters >= SHORT {
        return match (words, info) {
            // Function words overrule the statistics where they are plenty and clear.
            (Some(w), Some(i)) if w.lang != i.lang().code() && w.clear(i.lang().code(), true) => {
                guess(w.lang, w.share, LanguageMethod::FunctionWords)
            }
            (_, Some(i)) => guess(i.lang().code(), i.confidence() as f32, LanguageMethod::Text),
            (Some(w), None) => guess(w.lang, w.share, LanguageMethod::FunctionWords),
            (None, None) => declared(hints).unwrap_or_default(),
        };
    }
    match (words, info) {
        (Some(w), Some(i)) if w.lang == i.lang().code() || w.clear(i.lang().code(), false) => {
            guess(w.lang, w.share.max(i.confidence() as f32), LanguageMethod::FunctionWords)
        }
        (Some(w), None) if w.hits >= 2.0 => guess(w.lang, w.share, LanguageMethod::FunctionWords),
        (_, Some(i)) if letters >= 40 && i.confidence() > 0.9 => {
            guess(i.lang().code(), i.confidence() as f32, LanguageMethod::Text)
        }
        (w, i) => declared(hints)
            .or_else(|| {
                w.filter(|w| w.margin > 0.25).map(|w| guess(w.lang, w.share, LanguageMethod::FunctionWords))
            })
            .or_else(|| {
                let i = i.filter(|_| letters >= 20)?;
                Some(guess(i.lang().code(), i.confidence() as f32, LanguageMethod::Text))
            })
            .unwrap_or_default(),
    }
}

fn guess(lang: &str, confidence: f32, method: LanguageMethod) -> LanguageGuess {
    let language = match lang {
        "eng" => Language::English,
        "ita" => Language::Italian,
        _ => Language::Other,
    };
    LanguageGuess { language, confidence: confidence.clamp(0.0, 1.0), method }
}

/// What feed and page declare, the feed first: a page's template is copied more carelessly.
fn declared(hints: &Hints) -> Option<LanguageGuess> {
    let code = [&hints.feed, &hints.declared].into_iter().flatten().find(|code| !code.trim().is_empty())?;
    let primary = code.trim().split(['-', '_', ',', ';']).next().unwrap_or("").to_ascii_lowercase();
    let language = match primary.as_str() {
        "en" | "eng" | "english" => Language::English,
        "it" | "ita" | "italian" | "italiano" => Language::Italian,
        _ => Language::Other,
    };
    Some(LanguageGuess { language, confidence: 0.5, method: LanguageMethod::Declared })
}

/// The language with the most function words.
struct ByWords {
    lang: &'static str,
    /// Weighted count: a word of few languages weighs more.
    hits: f32,
    /// Hits over the second best's.
    margin: f32,
    /// Share of the best among all hits.
    share: f32,
    scores: Vec<(&'static str, f32)>,
}

impl ByWords {
    /// Whether the words are clear enough to overrule `other`.
    fn clear(&self, other: &str, long: bool) -> bool {
        let (hits, margin) = if long { (1.5, 0.8) } else { (0.9, 0.45) };
        let rival = self.scores.iter().find(|(lang, _)| *lang == other).map_or(0.0, |s| s.1);
        self.hits >= hits && self.margin >= margin && self.hits > 1.6 * rival
    }
}

fn best_by_words(text: &str) -> Option<ByWords> {
    let table = table();
    let mut scores = vec![0.0_f32; WORDS.len()];
    for word in text.split(|c: char| !c.is_alphanumeric()) {
        if word.is_empty() || word.len() > 24 {
            continue;
        }
        if let Some(langs) = table.get(word.to_lowercase().as_str()) {
            for &at in langs {
                scores[at] += 1.0 / langs.len() as f32;
            }
        } else if word.chars().count() >= 5 {
            for (at, score) in scores.iter_mut().enumerate().take(2) {
                if ENDINGS[at].1.iter().any(|ending| word.ends_with(ending)) {
                    *score += ENDING;
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let (first, second) = (order[0], order[1]);
    let total: f32 = scores.iter().sum();
    (scores[first] > 0.0).then(|| ByWords {
        lang: WORDS[first].0,
        hits: scores[first],
        margin: scores[first] - scores[second],
        share: scores[first] / total,
        scores: order.iter().map(|&i| (WORDS[i].0, scores[i])).collect(),
    })
}

fn table() -> &'static HashMap<&'static str, Vec<usize>> {
    static TABLE: OnceLock<HashMap<&'static str, Vec<usize>>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table: HashMap<&str, Vec<usize>> = HashMap::new();
        for (at, (_, words)) in WORDS.iter().enumerate() {
            for word in words.split_whitespace() {
                let langs = table.entry(word).or_default();
                if !langs.contains(&at) {
                    langs.push(at);
                }
            }
        }
        table
    })
}

/// Italian, English and the languages in Latin letters that would otherwise be taken for them.
fn detector() -> &'static Detector {
    static DETECTOR: OnceLock<Detector> = OnceLock::new();
    DETECTOR.get_or_init(|| {
        use Lang::*;
        Detector::with_allowlist(vec![
            Eng, Ita, Fra, Spa, Por, Deu, Ron, Cat, Lat, Nld, Dan, Nob, Swe, Fin, Pol, Ces, Slk, Slv, Hrv,
            Hun, Tur, Est, Lit, Lav, Vie, Ind, Tgl, Afr, Epo, Zul, Sna, Uzb, Aze, Tuk, Jav, Aka, Cym,
        ])
    })
}

/// Whether more words have letters that neither Italian nor English uses than names and loan words bring.
fn foreign(text: &str) -> bool {
    let (mut strange, mut words) = (0, 0);
    for word in
        text.split(|c: char| !c.is_alphabetic()).filter(|word| word.starts_with(char::is_lowercase)).take(400)
    {
        words += 1;
        strange += usize::from(word.chars().any(|c| !c.is_ascii() && !"àèéìíòóùúîôêâçïöüñä".contains(c)));
    }
    strange >= 2 && strange * 12 > words
}

fn is_latin(c: char) -> bool {
    c.is_ascii() || matches!(c, '\u{aa}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}')
}

/// The text itself, or head, middle and tail of a long one.
fn sample(text: &str) -> String {
    if text.len() <= 3 * SAMPLE {
        return text.replace('\0', " ");
    }
    let mut out = String::with_capacity(3 * SAMPLE + 2);
    for from in [0, (text.len() - SAMPLE) / 2, text.len() - SAMPLE] {
        let start = text.ceil_char_boundary(from);
        let end = text.ceil_char_boundary(from + SAMPLE);
        out.push_str(&text[start..end]);
        out.push(' ');
    }
    out.replace('\0', " ")
}
