//! Speed of the lexicon's search, as `make bench` asks for it: 10,000 aliases, about 40 MB of running text.
//!
//! Text and names are those of the domain sets: nearly every second word of a name is a hit, many more than in an
//! article. Ends with 1 below 100 MB/s on one core.
#![allow(clippy::expect_used, reason = "a tool of the developers: bad input ends it")]

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Instant;

use vedetta_domain::{Entity, EntityId, EntityKind};
use vedetta_nlp::Lexicon;

/// Some fall out again: they differ in case or accents alone.
const ALIASES: usize = 10_150;
const BYTES: usize = 40_000_000;
const ROUNDS: usize = 5;
const ARTICLE: usize = 6_000;
const BAR: f64 = 100.0;

fn main() -> ExitCode {
    let (mut text, mut names) = (String::new(), BTreeSet::new());
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/training/domain_sets");
    let mut files: Vec<_> = ["field", "world"]
        .iter()
        .flat_map(|part| std::fs::read_dir(format!("{folder}/{part}")).expect("the domain sets are there"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|e| e == "txt"))
        .collect();
    files.sort();
    for path in files {
        for line in std::fs::read_to_string(path).expect("UTF-8").lines() {
            let mut rest = line;
            while let Some((before, after)) = rest.split_once('[') {
                let (name, tail) = after.split_once("](").expect("a mark");
                text.push_str(before);
                text.push_str(name);
                names.insert(name.to_owned());
                rest = tail.split_once(')').expect("a mark").1;
            }
            text.push_str(rest);
            text.push(' ');
        }
    }
    // Evenly from all of them, so that short and long ones, and every file's, are there.
    let known: Vec<String> = names.into_iter().collect();
    assert!(known.len() > ALIASES, "the domain sets have {} names", known.len());
    let names = (0..ALIASES).map(|i| known[i * known.len() / ALIASES].clone());
    let mut seen = BTreeSet::new();
    let entities: Vec<Entity> = names
        .filter(|name| seen.insert(name.to_lowercase()))
        .enumerate()
        .map(|(at, name)| entity(at, name))
        .collect();
    let aliases = entities.len();
    let began = Instant::now();
    let lexicon = match Lexicon::new(&entities) {
        Ok(lexicon) => lexicon,
        Err(problems) => {
            // Names that differ in accents or dashes alone are one form: leave the later ones out.
            let clashing: BTreeSet<String> = problems.iter().map(ToString::to_string).collect();
            let entities: Vec<Entity> = entities
                .into_iter()
                .filter(|e| !clashing.iter().any(|p| p.contains(&format!("entity `{}`", e.id.0))))
                .collect();
            Lexicon::new(&entities).expect("no clash is left")
        }
    };
    let built = began.elapsed();
    let mut articles = Vec::new();
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (article, after) = rest.split_at(rest.ceil_char_boundary(ARTICLE.min(rest.len())));
        articles.push(article);
        rest = after;
    }
    // The fastest of some rounds, so that other work on the machine counts less.
    let (mut rate, mut found) = (0.0_f64, 0);
    for _ in 0..ROUNDS {
        let mut bytes = 0;
        found = 0;
        let began = Instant::now();
        while bytes < BYTES {
            for article in &articles {
                found += lexicon.find_all(article).len();
                bytes += article.len();
            }
        }
        rate = rate.max(bytes as f64 / 1e6 / began.elapsed().as_secs_f64());
    }
    println!(
        "lexicon: {aliases} aliases built in {} ms; {rate:.0} MB/s (bar {BAR}) over {} MB in articles of {} bytes, {found} names",
        built.as_millis(),
        BYTES / 1_000_000,
        ARTICLE,
    );
    if rate < BAR { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn entity(at: usize, name: String) -> Entity {
    Entity {
        id: EntityId(format!("e{at}")),
        kind: EntityKind::Org,
        name: name.clone(),
        aliases: vec![name],
        ambiguous: Vec::new(),
        adjectives: Vec::new(),
        groups: Vec::new(),
        part_of: None,
    }
}
