//! Tellings of one event become one story, those of another do not: the events of `dedupe/stories`, through the binary.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    process::Command,
};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::binary;

/// F1 over pairs of tellings, of the half that was learnt from and of the half that is held back. A name that another CPU's
/// arithmetic tags otherwise may cost a pair or two.
const F1: [f64; 2] = [0.90, 0.86];

/// Events of which nobody hears, of either half, since all their tellings were surely taken for another's.
const LOST: usize = 1;

struct Telling {
    event: String,
    published: String,
    line: Value,
}

/// All tellings in the order of publication, and the events that are held back: see `dedupe/training/stories.py`.
fn tellings() -> (Vec<Telling>, BTreeSet<String>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../dedupe/stories");
    let (mut tellings, mut twins) = (Vec::new(), BTreeMap::<String, BTreeSet<String>>::new());
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == "toml")) {
        let text = std::fs::read_to_string(path).unwrap();
        let file: toml::Table = text.parse().unwrap();
        for event in file["event"].as_array().unwrap() {
            let id = event["id"].as_str().unwrap();
            twins.entry(id.into()).or_default();
            for twin in event.get("twin").and_then(|twin| twin.as_array()).into_iter().flatten() {
                twins.entry(id.into()).or_default().insert(twin.as_str().unwrap().into());
                twins.entry(twin.as_str().unwrap().into()).or_default().insert(id.into());
            }
            for telling in event["telling"].as_array().unwrap() {
                let text = |key: &str| telling[key].as_str().unwrap().to_owned();
                let published = text("published");
                let line = json!({
                    "title": text("title"), "text": text("text"), "published": published, "language": text("language"),
                });
                tellings.push(Telling { event: id.into(), published, line });
            }
        }
    }
    tellings.sort_by(|a, b| a.published.cmp(&b.published));
    let mut groups: Vec<BTreeSet<String>> = Vec::new();
    for id in twins.keys() {
        if groups.iter().any(|group| group.contains(id)) {
            continue;
        }
        let (mut group, mut open) = (BTreeSet::new(), vec![id.clone()]);
        while let Some(id) = open.pop() {
            open.extend(twins[&id].iter().filter(|twin| !group.contains(*twin)).cloned());
            group.insert(id);
        }
        groups.push(group);
    }
    groups.sort_by_key(|group| Sha256::digest(group.first().unwrap()).to_vec());
    let mut held = BTreeSet::new();
    for group in groups {
        if 2 * held.len() < twins.len() {
            held.extend(group);
        }
    }
    (tellings, held)
}

/// Precision, recall and F1 over pairs.
fn scores(told: &[(&str, &str)]) -> [f64; 3] {
    let (mut both, mut same_event, mut same_story) = (0.0, 0.0, 0.0);
    for (n, (event, story)) in told.iter().enumerate() {
        for (other_event, other_story) in &told[..n] {
            let (event, story) = (event == other_event, story == other_story);
            same_event += f64::from(u8::from(event));
            same_story += f64::from(u8::from(story));
            both += f64::from(u8::from(event && story));
        }
    }
    [both / same_story, both / same_event, 2.0 * both / (same_event + same_story)]
}

#[test]
fn tellings_of_one_event_are_one_story() {
    let (tellings, held) = tellings();
    let events: BTreeSet<&str> = tellings.iter().map(|telling| telling.event.as_str()).collect();
    assert!(events.len() >= 60 && 2 * held.len() >= events.len() && held.len() < events.len());
    let input: String = tellings
        .iter()
        .enumerate()
        .map(|(n, telling)| {
            let mut line = telling.line.clone();
            line["id"] = json!(n);
            format!("{line}\n")
        })
        .collect();
    // From a file: more goes in and comes out than pipes hold.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tellings.jsonl");
    std::fs::write(&file, input).unwrap();
    let stdin = std::fs::File::open(&file).unwrap();
    let output = Command::new(binary()).args(["try", "dedupe"]).stdin(stdin).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: HashMap<u64, Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .map(|line: Value| (line["id"].as_u64().unwrap(), line))
        .collect();
    for (half, floor) in [false, true].into_iter().zip(F1) {
        let own = tellings.iter().zip(0..).filter(|(telling, _)| held.contains(&telling.event) == half);
        let (mut pairs, mut heard) = (Vec::new(), BTreeMap::<&str, usize>::new());
        for (telling, n) in own {
            let line = &told[&n];
            pairs.push((telling.event.as_str(), line["story"].as_str().unwrap()));
            let silent = line["verdict"] != "new" && line["doubtful"] != true;
            *heard.entry(&telling.event).or_default() += usize::from(!silent);
        }
        let [precision, recall, f1] = scores(&pairs);
        let lost: Vec<_> = heard.iter().filter(|(_, heard)| **heard == 0).map(|(event, _)| *event).collect();
        let again = heard.values().sum::<usize>() as f64 / heard.len() as f64 - 1.0;
        let name = if half { "held back" } else { "learnt from" };
        println!(
            "stories, the half {name}: precision {precision:.3}, recall {recall:.3}, F1 {f1:.3}; of {} events {} lost, told \
             again {again:.2} times of {:.2}",
            heard.len(),
            lost.len(),
            pairs.len() as f64 / heard.len() as f64 - 1.0
        );
        assert!(f1 >= floor, "{name}: {f1:.3}");
        assert!(lost.len() <= LOST, "{name}: {lost:?}");
    }
}
