//! Which language a text is written in: letter sequences, a second opinion, declared hints.

use std::sync::OnceLock;

use vedetta_domain::{Language, LanguageGuess, LanguageMethod};
use whatlang::{Detector, Lang};

use crate::ngrams::{self, Scores};

/// Below this many letters what feed and page declare settles a doubt.
const SHORT: usize = 100;
/// The score from which a text counts as Italian or English, for texts shorter and longer than `FEW` letters.
///
/// Chosen on a fifth of the odd lines of the lingua sets, with a table trained on the others
/// (`training/language.py --fold`): long texts can ask for more and still lose none.
const CUT: [f32; 2] = [-0.3, 0.5];
const FEW: usize = 25;
/// Fewer letters say nothing.
const NO_WORD: usize = 2;
/// Fewer letters may all be names.
const NAMES: usize = 16;
/// From this margin on a short text's language is plain.
const PLAIN: f32 = 1.0;
/// A score this near the cut is doubtful.
const DOUBT: f32 = 0.4;
/// Bytes taken from head, middle and tail of a long text.
const SAMPLE: usize = 4_000;

/// What others say about a text's language; weighed only where the text does not tell.
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
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    let latin = sample.chars().filter(|&c| c.is_alphabetic() && is_latin(c)).count();
    if letters >= 8 && latin * 2 < letters {
        return LanguageGuess { language: Language::Other, confidence: 1.0, method: LanguageMethod::Text };
    }
    let scores = ngrams::scores(&sample);
    let own = Own::of(scores);
    if scores.letters < NO_WORD {
        // Many letters and no word: no language, whatever is declared.
        let nothing = LanguageGuess { confidence: 0.5, method: LanguageMethod::Text, ..Default::default() };
        return if letters >= SHORT { nothing } else { declared(hints).unwrap_or_default() };
    }
    if own.margin.abs() >= DOUBT && scores.letters >= FEW {
        return own.guess(LanguageMethod::Text);
    }
    if scores.letters < SHORT
        && let Some(declared) = declared(hints)
    {
        // A short text in a language that is plain outweighs a template's attribute.
        let plain = own.margin >= PLAIN && scores.letters >= NAMES;
        return if plain { own.guess(LanguageMethod::Text) } else { declared };
    }
    if own.margin.abs() >= DOUBT {
        return own.guess(LanguageMethod::Text);
    }
    match detector().detect(&sample) {
        Some(info) if info.is_reliable() && scores.letters >= FEW => LanguageGuess {
            language: match info.lang() {
                Lang::Eng => Language::English,
                Lang::Ita => Language::Italian,
                _ => Language::Other,
            },
            confidence: info.confidence().clamp(0.0, 1.0) as f32,
            method: LanguageMethod::SecondOpinion,
        },
        _ => own.guess(LanguageMethod::Text),
    }
}

/// What the letter sequences say.
struct Own {
    language: Language,
    /// The better score less the cut: below 0 it is another language.
    margin: f32,
}

impl Own {
    fn of(scores: Scores) -> Self {
        let cut = CUT[usize::from(scores.letters >= FEW)];
        let (language, score) = if scores.italian > scores.english {
            (Language::Italian, scores.italian)
        } else {
            (Language::English, scores.english)
        };
        let margin = score - cut;
        Self { language: if margin > 0.0 { language } else { Language::Other }, margin }
    }

    fn guess(&self, method: LanguageMethod) -> LanguageGuess {
        // The scores are log odds.
        let confidence = 1.0 / (1.0 + (-self.margin.abs()).exp());
        LanguageGuess { language: self.language, confidence, method }
    }
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
