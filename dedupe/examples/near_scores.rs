//! How well near-duplicates are told, as `make eval` asks for it.
//!
//! `near_scores DATA`: DATA holds `dedup/en_reuters21578` and `dedup/it_thematic_coherence`. The truth for Reuters is brute
//! force: every pair of stories whose three-word shingles have a Jaccard similarity of 0.8 or more and whose figures are
//! equal. The Italian pairs are tellings and neighbours, not copies: each that is called one is printed. Ends with an
//! error if a bar is missed.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    fs::File,
    io::{BufRead, BufReader},
    process::ExitCode,
    time::Instant,
};

use flate2::read::GzDecoder;
use serde_json::Value;
use vedetta_dedupe::{Fingerprint, Nearness, Prepared, compare_texts};

const JACCARD: f64 = 0.8;
const BAR: f64 = 0.98;
const ITALIAN_BAR: usize = 5;

/// Articles that one mark may lead to, as in the store.
const CANDIDATES: usize = 64;

/// A form of fewer words ("regular quarterly dividend …") without its company's name is no copy of another.
const SHORT: usize = 25;

struct Story {
    id: u64,
    title: String,
    text: String,
    prepared: Prepared,
}

fn main() -> ExitCode {
    let data = std::env::args().nth(1).expect("usage: near_scores DATA");
    let stories: Vec<Story> =
        lines(&format!("{data}/dedup/en_reuters21578/docs.jsonl.gz")).map(story).collect();
    let (reuters, italian) = (reuters(&stories), italian(&data));
    if reuters && italian { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn lines(path: &str) -> impl Iterator<Item = Value> {
    let file = File::open(path).expect("the file can be opened");
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines.map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"))
}

/// The text without its line breaks: paragraphs begin with spaces.
fn story(line: Value) -> Story {
    let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let body = text("body");
    let paragraphs: Vec<String> =
        body.split("\n    ").map(|part| part.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let (title, text) = (text("title"), paragraphs.join("\n").trim().to_owned());
    Story { id: line["id"].as_u64().expect("id"), prepared: Prepared::of(&title, &text), title, text }
}

fn reuters(stories: &[Story]) -> bool {
    println!("near-duplicates, {} Reuters stories:", stories.len());
    let alike = brute_force(stories);
    let same_figures = |(a, b): &(usize, usize)| stories[*a].prepared.figures == stories[*b].prepared.figures;
    let truth: BTreeSet<(usize, usize)> = alike.iter().copied().filter(same_figures).collect();
    let began = Instant::now();
    let mut marks: HashMap<u64, Vec<usize>> = HashMap::new();
    let (mut found, mut inside, mut compared) = (BTreeSet::new(), Vec::new(), 0);
    for (at, story) in stories.iter().enumerate() {
        let own = Fingerprint::of(&story.title, &story.text).bands;
        let held = |mark: &u64| marks.get(mark).into_iter().flatten().take(CANDIDATES);
        let near: BTreeSet<usize> = own.iter().flat_map(held).copied().collect();
        for earlier in near {
            compared += 1;
            let verdict = compare_texts(&stories[earlier].prepared, &story.prepared);
            match verdict.kind {
                Some(Nearness::Alike) => drop(found.insert((earlier, at))),
                Some(Nearness::Contained) => inside.push((earlier, at, verdict)),
                None => {}
            }
        }
        own.into_iter().for_each(|mark| marks.entry(mark).or_default().push(at));
    }
    let seconds = began.elapsed().as_secs_f64();
    let right = found.intersection(&truth).count() as f64;
    let (precision, recall) = (right / found.len().max(1) as f64, right / truth.len().max(1) as f64);
    println!("  pairs alike {}, with equal figures {}; found {}", alike.len(), truth.len(), found.len());
    println!("  precision {precision:.4}, recall {recall:.4} (bar {BAR} each)");
    let list = |what: &str, pairs: Vec<&(usize, usize)>| {
        for (a, b) in pairs {
            let (x, y) = (&stories[*a], &stories[*b]);
            let verdict = compare_texts(&x.prepared, &y.prepared);
            println!(
                "    {what} {} {}: {} | {} ({})",
                x.id,
                y.id,
                x.title,
                y.title,
                verdict.vetoes.join("; ")
            );
        }
    };
    list("missed", truth.difference(&found).collect());
    list("beyond the truth", found.difference(&truth).collect());
    let copies = copies(stories, &found);
    let also = inside.iter().filter(|(.., verdict)| f64::from(verdict.jaccard) >= JACCARD).count();
    println!(
        "  contained with passages of its own: {} pairs, {also} of them alike but for figures in those; for example:",
        inside.len()
    );
    for (a, b, verdict) in inside.iter().step_by((inside.len() / 8).max(1)) {
        println!("    {:.2} {} | {}", verdict.containment, stories[*a].title, stories[*b].title);
    }
    println!(
        "  {:.0} stories/s with marks, lookup and {compared} comparisons; {} marks a story",
        stories.len() as f64 / seconds,
        marks.values().map(Vec::len).sum::<usize>() / stories.len().max(1)
    );
    precision >= BAR && recall >= BAR && copies
}

/// Whether the members of each group of the same words are found, by the exact hash or as near.
fn copies(stories: &[Story], found: &BTreeSet<(usize, usize)>) -> bool {
    let mut groups: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for (at, story) in stories.iter().enumerate().filter(|(_, story)| !story.prepared.words.is_empty()) {
        let Prepared { text, words, .. } = &story.prepared;
        let words = words.iter().map(|word| text[word.start..word.end].to_lowercase()).collect();
        groups.entry(words).or_default().push(at);
    }
    groups.retain(|_, group| group.len() > 1);
    let exact = |at: usize| Fingerprint::of(&stories[at].title, &stories[at].text).exact;
    let copy = |a: usize, b: usize| exact(a) == exact(b) || found.contains(&(a, b));
    let (mut whole, mut forms, mut missed) = (0, 0, 0);
    for (words, group) in &groups {
        if (1..group.len()).all(|n| (0..n).any(|m| copy(group[m], group[n]))) {
            whole += 1;
            continue;
        }
        let form = words.len() < SHORT;
        *(if form { &mut forms } else { &mut missed }) += 1;
        let titles: Vec<&str> = group.iter().map(|at| stories[*at].title.as_str()).collect();
        println!("    apart, {} words: {}", words.len(), titles.join(" | "));
    }
    println!(
        "  groups of the same words: {}, found {whole}, forms told apart by their titles {forms}",
        groups.len()
    );
    missed == 0
}

/// All pairs alike, by the rarest shingles of each: two sets alike to 0.8 share one of the rarest fifth of each.
fn brute_force(stories: &[Story]) -> BTreeSet<(usize, usize)> {
    let mut counts: HashMap<u64, usize> = HashMap::new();
    for story in stories {
        story.prepared.shingle_set.iter().for_each(|shingle| *counts.entry(*shingle).or_default() += 1);
    }
    let mut rare: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut alike = BTreeSet::new();
    for (at, story) in stories.iter().enumerate() {
        let own = &story.prepared.shingle_set;
        let mut order: Vec<u64> = own.iter().copied().collect();
        order.sort_unstable_by_key(|shingle| (counts[shingle], *shingle));
        let least = (JACCARD * order.len() as f64).ceil() as usize;
        let prefix = order.len() - least + usize::from(!order.is_empty());
        let mut near = HashSet::new();
        for shingle in order.into_iter().take(prefix) {
            let holders = rare.entry(shingle).or_default();
            near.extend(holders.iter().copied());
            holders.push(at);
        }
        for earlier in near {
            let other = &stories[earlier].prepared.shingle_set;
            let shared = own.intersection(other).count() as f64;
            if shared / (own.len() as f64 + other.len() as f64 - shared) >= JACCARD {
                alike.insert((earlier, at));
            }
        }
    }
    alike
}

fn italian(data: &str) -> bool {
    let (mut pairs, mut merged) = (0, 0);
    println!("near-duplicates, Italian pairs:");
    for line in lines(&format!("{data}/dedup/it_thematic_coherence/pairs.jsonl.gz")) {
        let (a, b) = (line["text1"].as_str().unwrap_or_default(), line["text2"].as_str().unwrap_or_default());
        pairs += 1;
        let verdict = compare_texts(&Prepared::of("", a), &Prepared::of("", b));
        if verdict.kind.is_some() || Fingerprint::of("", a).exact == Fingerprint::of("", b).exact {
            merged += 1;
            println!("    merged, label {} ({:.2}): {a} | {b}", line["label"], verdict.jaccard);
        }
    }
    println!("  {pairs} pairs, merged {merged} (bar: at most {ITALIAN_BAR})");
    merged <= ITALIAN_BAR
}
