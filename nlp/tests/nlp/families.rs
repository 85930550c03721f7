//! Every family that is loaded: the files of `tests/tiny`, and what Python's `transformers` made of them.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use vedetta_nlp::{NerModel, Precision};

const FAMILIES: [&str; 8] =
    ["bert", "distilbert", "electra", "roberta", "xlm-roberta", "albert", "deberta", "deberta-v2"];

/// A text with the reference's pieces, and per piece its label and lead over the second best.
#[derive(Deserialize)]
struct Expected {
    text: String,
    ids: Vec<i64>,
    labels: Vec<String>,
    margin: Vec<f32>,
}

fn folder(family: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tiny").join(family)
}

fn check(family: &str) {
    let model = NerModel::load(&folder(family), Precision::F32).unwrap();
    assert_eq!(model.family(), family);
    let mut compared = 0;
    let expected = std::fs::read_to_string(folder(family).join("expected.jsonl")).unwrap();
    for line in expected.lines() {
        let want: Expected = serde_json::from_str(line).unwrap();
        let words = model.words(&want.text).unwrap();
        let ids: Vec<i64> = words.iter().flat_map(|word| word.ids.clone()).collect();
        assert_eq!(ids, want.ids, "{family}: {}", want.text);
        let mut at = 0;
        for word in &words {
            // Within rounding of a tie either label is right.
            if want.margin[at] > 0.001 {
                assert_eq!(word.raw, want.labels[at], "{family}: {:?} in {}", word.pieces, want.text);
                compared += 1;
            }
            at += word.ids.len();
        }
        // Every letter and digit is in a word, once.
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
        let covered: usize = words.iter().map(|word| letters(&want.text[word.range.0..word.range.1])).sum();
        assert_eq!(covered, letters(&want.text), "{family}: {}", want.text);
    }
    assert!(compared > 300, "{family}: {compared} words");
}

#[test]
fn bert() {
    check("bert");
}

#[test]
fn distilbert() {
    check("distilbert");
}

#[test]
fn electra() {
    check("electra");
}

#[test]
fn roberta() {
    check("roberta");
}

#[test]
fn xlm_roberta() {
    check("xlm-roberta");
}

#[test]
fn albert() {
    check("albert");
}

#[test]
fn deberta() {
    check("deberta");
}

#[test]
fn deberta_v2() {
    check("deberta-v2");
}

#[test]
fn names_are_parted_from_apostrophes_and_commas() {
    for family in ["xlm-roberta", "roberta", "albert", "deberta", "deberta-v2"] {
        let model = NerModel::load(&folder(family), Precision::F32).unwrap();
        let text = "L'Agenzia, a Roma.";
        let words: Vec<&str> =
            model.words(text).unwrap().iter().map(|word| &text[word.range.0..word.range.1]).collect();
        assert_eq!(words, ["L", "'", "Agenzia", ",", "a", "Roma", "."], "{family}");
    }
}

#[test]
fn padding_changes_nothing() {
    for family in FAMILIES {
        let model = NerModel::load(&folder(family), Precision::F32).unwrap();
        let expected = std::fs::read_to_string(folder(family).join("expected.jsonl")).unwrap();
        let texts: Vec<String> =
            expected.lines().map(|line| serde_json::from_str::<Expected>(line).unwrap().text).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        // A budget of one piece: every window goes alone, with the least padding.
        let (alone, together) = (model.spans(&texts, 1).unwrap(), model.spans(&texts, 4_096).unwrap());
        let (mut same, mut all) = (0, 0);
        for (a, b) in alone.iter().flatten().zip(together.iter().flatten()) {
            all += 1;
            same += usize::from((a.start, a.end, a.kind) == (b.start, b.end, b.kind));
            assert!((a.score - b.score).abs() < 1e-3, "{family}: {a:?} {b:?}");
        }
        assert!(all > 100 && same == all, "{family}: {same} of {all}");
    }
}

#[test]
fn weights_of_rust_berts_own_converter() {
    let from = folder("distilbert");
    let to = tempfile::tempdir().unwrap();
    for name in ["config.json", "vocab.txt"] {
        std::fs::copy(from.join(name), to.path().join(name)).unwrap();
    }
    let tensors = tch::Tensor::read_safetensors(from.join("model.safetensors")).unwrap();
    tch::Tensor::save_multi(&tensors, to.path().join("rust_model.ot")).unwrap();
    let (a, b) =
        (NerModel::load(&from, Precision::F32).unwrap(), NerModel::load(to.path(), Precision::F32).unwrap());
    let text = "SUPARCO asked the Shanghai Academy of Spaceflight Technology for PRSS-02.";
    assert_eq!(a.words(text).unwrap(), b.words(text).unwrap());
    std::fs::write(to.path().join("rust_model.ot"), "no tensors").unwrap();
    let error = NerModel::load(to.path(), Precision::F32).err().map(|e| e.to_string()).unwrap_or_default();
    assert!(error.contains("rust_model.ot cannot be read"), "{error}");
}

#[test]
fn every_family_runs_in_reduced_precision() {
    for family in FAMILIES {
        let load = |precision| NerModel::load(&folder(family), precision).unwrap();
        let (full, reduced) = (load(Precision::F32), load(Precision::Bf16));
        let (mut same, mut all) = (0, 0);
        let expected = std::fs::read_to_string(folder(family).join("expected.jsonl")).unwrap();
        for line in expected.lines() {
            let want: Expected = serde_json::from_str(line).unwrap();
            let words = full.words(&want.text).unwrap().into_iter().zip(reduced.words(&want.text).unwrap());
            for (a, b) in words {
                same += usize::from(a.raw == b.raw);
                all += 1;
            }
        }
        // Random weights are near a tie far more often than trained ones.
        assert!(same * 100 >= all * 90, "{family}: {same} of {all}");
    }
}
