//! Scores of the language detection, as `make eval` prints them. Ends with 1 where a bar is missed.
//!
//! `language_scores DATA`. DATA has
//! - `lid/lingua/{sentences,word-pairs}.tsv.gz`, lines of `code<TAB>text`: odd lines trained and tuned the detector,
//!   the even ones are measured;
//! - articles that the detector never saw: Reuters stories, Italian political news, Wikinews (`WN_dev`).
#![allow(clippy::expect_used, reason = "a tool of the developers: a missing file ends it")]

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use vedetta_domain::Language;
use vedetta_nlp::{Hints, detect};

/// Languages of the sets that are not written in Latin letters.
const OTHER_SCRIPTS: &[&str] = &[
    "ar", "be", "bg", "bn", "el", "fa", "gu", "he", "hi", "hy", "ja", "ka", "kk", "ko", "mk", "mn", "mr",
    "pa", "ru", "sr", "ta", "te", "th", "uk", "ur", "zh",
];

fn main() -> ExitCode {
    let data = std::env::args().nth(1).expect("name the data folder");
    let data = Path::new(&data);
    let folder = data.join("lid/lingua");
    let mut missed = Vec::new();
    for (file, italian, english, false_alarms) in
        [("sentences", 0.993, 0.990, 0.005), ("word-pairs", 0.85, 0.85, 0.05)]
    {
        let lines = even_lines(&folder.join(format!("{file}.tsv.gz")));
        let mut counts: HashMap<&str, (u32, u32)> = HashMap::new();
        let mut wrong: HashMap<&str, u32> = HashMap::new();
        for (code, text) in &lines {
            let said = detect(text, &Hints::default()).language;
            let (group, right) = match code.as_str() {
                "it" => ("it", said == Language::Italian),
                "en" => ("en", said == Language::English),
                other if OTHER_SCRIPTS.contains(&other) => ("other script", said == Language::Other),
                _ => ("other Latin", said == Language::Other),
            };
            let count = counts.entry(group).or_default();
            count.0 += u32::from(right);
            count.1 += 1;
            if !right {
                *wrong.entry(code).or_default() += 1;
            }
        }
        let share = |group: &str| counts.get(group).map_or(0.0, |c| f64::from(c.0) / f64::from(c.1));
        let mut worst: Vec<_> = wrong.into_iter().collect();
        worst.sort_unstable_by_key(|(code, n)| (std::cmp::Reverse(*n), *code));
        worst.truncate(8);
        let (it, en, other, scripts) =
            (share("it"), share("en"), 1.0 - share("other Latin"), 1.0 - share("other script"));
        println!(
            "{file}: Italian {it:.4} (bar {italian}), English {en:.4} (bar {english}), other Latin-script languages \
             taken for either {other:.4} (bar {false_alarms}), other scripts {scripts:.4}; most errors: {worst:?}"
        );
        if it < italian || en < english || other > false_alarms {
            missed.push(file);
        }
    }
    for (name, language, articles) in
        [("English", Language::English, english(data)), ("Italian", Language::Italian, italian(data))]
    {
        let wrong: Vec<&String> =
            articles.iter().filter(|a| detect(a, &Hints::default()).language != language).collect();
        println!(
            "{name} articles of 300 letters and more: {} errors in {} (bar 0 in 1000)",
            wrong.len(),
            articles.len()
        );
        for article in wrong.iter().take(5) {
            println!("  {}", article.chars().take(160).collect::<String>());
        }
        if !wrong.is_empty() || articles.len() < 1000 {
            missed.push("articles");
        }
    }
    let megabytes = speed(&even_lines(&folder.join("sentences.tsv.gz")));
    println!("articles of 5,000 letters: {megabytes:.1} MB/s on one core (bar 5)");
    if megabytes < 5.0 {
        missed.push("speed");
    }
    if missed.is_empty() {
        return ExitCode::SUCCESS;
    }
    println!("below the bar: {}", missed.join(", "));
    ExitCode::FAILURE
}

/// Stories of Reuters-21578.
fn english(data: &Path) -> Vec<String> {
    let stories = json_lines(&data.join("dedup/en_reuters21578/docs.jsonl.gz"));
    stories
        .iter()
        .filter_map(|story| Some(story.get("body")?.as_str()?.to_owned()))
        .filter(long)
        .take(1000)
        .collect()
}

/// Political news, and stretches of Wikinews.
fn italian(data: &Path) -> Vec<String> {
    let pairs = json_lines(&data.join("dedup/it_thematic_coherence/pairs.jsonl.gz"));
    let texts = pairs.iter().flat_map(|pair| [pair.get("text1"), pair.get("text2")]);
    let mut found: Vec<String> =
        texts.filter_map(|text| Some(text?.as_str()?.to_owned())).filter(long).collect();
    found.sort_unstable();
    found.dedup();
    let mut stretch = String::new();
    for sentence in unpack(&data.join("ner/it/WN_dev.iob2.gz")).split("\n\n") {
        let tokens: Vec<&str> = sentence.lines().filter_map(|l| Some(l.split_once('\t')?.0)).collect();
        let sentence = tokens.join(" ");
        // Lists of sources in other languages are no article text.
        if sentence.contains("URL verificata") {
            continue;
        }
        stretch = stretch + &sentence + " ";
        if long(&stretch) {
            found.push(std::mem::take(&mut stretch));
        }
    }
    found.truncate(1000);
    found
}

#[allow(clippy::ptr_arg, reason = "the form that filter wants")]
fn long(text: &String) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 300
}

fn json_lines(path: &Path) -> Vec<serde_json::Value> {
    unpack(path).lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn unpack(path: &Path) -> String {
    let out = Command::new("gzip").arg("-dc").arg(path).output().expect("gzip runs");
    assert!(!out.stdout.is_empty(), "{} is empty or missing", path.display());
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// Even lines of each language, counted from 1.
fn even_lines(path: &Path) -> Vec<(String, String)> {
    let text = unpack(path);
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut lines = Vec::new();
    for (code, text) in text.lines().filter_map(|line| line.split_once('\t')) {
        let n = seen.entry(code.to_owned()).or_default();
        *n += 1;
        if n.is_multiple_of(2) {
            lines.push((code.to_owned(), text.to_owned()));
        }
    }
    lines
}

/// Megabytes a second over articles made of sentences of Latin-script languages.
fn speed(lines: &[(String, String)]) -> f64 {
    let mut articles = vec![String::new()];
    for (_, text) in lines.iter().filter(|(code, _)| !OTHER_SCRIPTS.contains(&code.as_str())) {
        let last = articles.last_mut().expect("one is there");
        last.push_str(text);
        last.push(' ');
        if last.len() > 5_000 {
            articles.push(String::new());
        }
    }
    let bytes: usize = articles.iter().map(String::len).sum();
    let begin = Instant::now();
    let mut kept = 0;
    for article in &articles {
        kept += usize::from(detect(article, &Hints::default()).language != Language::Other);
    }
    assert!(kept <= articles.len());
    bytes as f64 / 1e6 / begin.elapsed().as_secs_f64()
}
