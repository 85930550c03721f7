//! The model: batches give what single windows give, and bad folders are named.

use std::path::Path;

use vedetta_nlp::{NerModel, Precision, Span};

use crate::model;

const TEXTS: &[&str] = &[
    "SUPARCO launched PRSS-1 from Jiuquan.",
    "",
    "Giuseppe Conte ha incontrato Xi Jinping a Pechino. L'accordo con la China Aerospace Science and Technology Corporation è firmato.",
    "🛰️ A firm called SpaceChain, based in Singapore, shares the data of the Pakistani satellite.\n\nKarachi and Islamabad.",
    "مرحبا Islamabad \0 Ｊｉｕｑｕａｎ",
    "NATO",
];

fn long_text() -> String {
    let clause =
        "il ministro Luigi Di Maio ha visto a Roma la delegazione della Agenzia Spaziale Italiana e ";
    format!("{}fine.\n{}", clause.repeat(30), "The United Nations met in New York. ".repeat(40))
}

fn same(a: &[Span], b: &[Span]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| {
            (a.start, a.end, a.kind) == (b.start, b.end, b.kind) && (a.score - b.score).abs() < 1e-3
        })
}

#[test]
fn batches_change_nothing() {
    let model = model();
    let long = long_text();
    let mut texts: Vec<&str> = TEXTS.to_vec();
    texts.push(&long);
    // A budget of one piece: every window goes alone.
    let alone = model.spans(&texts, 1).unwrap();
    assert!(alone.iter().map(Vec::len).sum::<usize>() > 20);
    for budget in [160, 700, 100_000] {
        let together = model.spans(&texts, budget).unwrap();
        assert!(alone.iter().zip(&together).all(|(a, b)| same(a, b)), "budget {budget}");
    }
    let reversed: Vec<&str> = texts.iter().rev().copied().collect();
    let mut back = model.spans(&reversed, 700).unwrap();
    back.reverse();
    assert!(alone.iter().zip(&back).all(|(a, b)| same(a, b)), "order");
}

#[test]
fn threads_change_nothing() {
    let mut model = model();
    let long = long_text();
    let mut texts: Vec<&str> = TEXTS.to_vec();
    texts.push(&long);
    let before = u16::try_from(tch::get_num_threads()).unwrap();
    let mut run = |threads: u16, budget: usize| {
        model.set_threads(threads);
        model.spans(&texts, budget).unwrap()
    };
    let one = run(1, 300);
    assert!(one.iter().map(Vec::len).sum::<usize>() > 20);
    // Many batches on threads of their own; more threads than batches; one batch on both threads.
    for (threads, budget) in [(2, 300), (5, 300), (64, 600), (2, 100_000)] {
        let many = run(threads, budget);
        assert!(one.iter().zip(&many).all(|(a, b)| same(a, b)), "{threads} threads, budget {budget}");
    }
    model.set_threads(before);
}

#[test]
fn ten_thousand_texts_in_one_call() {
    let kinds = ["They met in Islamabad on Monday.", "", "Xi Jinping went home.", "Nothing else was said."];
    let texts: Vec<&str> = kinds.iter().cycle().take(10_000).copied().collect();
    let model = model();
    let alone: Vec<Vec<Span>> =
        kinds.iter().map(|text| model.spans(&[text], 160).unwrap().remove(0)).collect();
    assert!(!alone[0].is_empty() && !alone[2].is_empty());
    let together = model.spans(&texts, 8_192).unwrap();
    assert_eq!(together.len(), texts.len());
    // Each in its place.
    assert!(together.iter().zip(alone.iter().cycle()).all(|(a, b)| same(a, b)));
}

#[test]
fn a_long_sentence_is_cut_without_loss() {
    let text = long_text();
    let words = model().words(&text).unwrap();
    // Every word once, in order.
    assert!(words.windows(2).all(|w| w[0].range.1 <= w[1].range.0));
    let letters: usize = words.iter().map(|w| w.range.1 - w.range.0).sum();
    assert_eq!(letters, text.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>());
}

#[test]
fn offsets_slice_the_source() {
    let words = model().words("L’«Età» di Ürümqi 🛰️ (酒泉) Su\u{ad}parco e\u{301}lan").unwrap();
    let text = "L’«Età» di Ürümqi 🛰️ (酒泉) Su\u{ad}parco e\u{301}lan";
    let got: Vec<&str> = words.iter().map(|w| &text[w.range.0..w.range.1]).collect();
    for word in ["Età", "Ürümqi", "酒", "泉", "Su\u{ad}parco"] {
        assert!(got.contains(&word), "{got:?} lacks {word}");
    }
}

#[test]
fn hostile_texts_do_no_harm() {
    let model = model();
    let word = "x".repeat(50_000);
    let letters = "é ".repeat(3_000);
    for text in
        [word.as_str(), &letters, "\0", "\u{feff}\u{200d}\u{202e}", "[CLS] [SEP] [MASK] [PAD]", "́́́", "\r\n\t"]
    {
        model.spans(&[text], 2_048).unwrap();
    }
    assert!(model.spans(&[], 2_048).unwrap().is_empty());
}

#[test]
fn a_bad_folder_is_named() {
    fn check(files: &[(&str, &str)], want: &str) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let error =
            NerModel::load(folder.path(), Precision::F32).err().map(|e| e.to_string()).unwrap_or_default();
        assert!(error.contains(want), "{error:?} lacks {want:?}");
    }
    let config = r#"{"model_type":"bert","hidden_act":"gelu","attention_probs_dropout_prob":0,"hidden_dropout_prob":0,
        "hidden_size":8,"initializer_range":0.02,"intermediate_size":8,"max_position_embeddings":32,
        "num_attention_heads":2,"num_hidden_layers":1,"type_vocab_size":2,"vocab_size":6,
        "id2label":{"0":"O","1":"B-PER"}}"#;
    let vocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na";
    check(&[], "config.json");
    check(&[("config.json", "{")], "config.json is not usable");
    check(
        &[("config.json", r#"{"model_type":"gpt2"}"#)],
        "family `gpt2` is not supported; name a model of one of these: bert,",
    );
    check(
        &[("config.json", r#"{"model_type":"bert"}"#), ("vocab.txt", vocab), ("model.safetensors", "")],
        "config.json is not usable",
    );
    check(&[("config.json", config)], "vocab.txt cannot be read");
    check(&[("config.json", config), ("vocab.txt", vocab)], "model.safetensors cannot be read");
    check(
        &[("config.json", config), ("vocab.txt", "a\n"), ("model.safetensors", "")],
        "it has no line [UNK]",
    );
    check(
        &[("config.json", config), ("vocab.txt", vocab), ("model.safetensors", "xxxxxxxxxxxx")],
        "not whole",
    );
    let uneven = config.replace("\"hidden_size\":8", "\"hidden_size\":9");
    check(&[("config.json", &uneven), ("vocab.txt", vocab), ("model.safetensors", "")], "no multiple");
    let dates = config.replace("B-PER", "B-DATE");
    check(&[("config.json", &dates), ("vocab.txt", vocab), ("model.safetensors", "")], "none of its labels");
    let empty = "\u{2}\0\0\0\0\0\0\0{}";
    check(
        &[("config.json", config), ("vocab.txt", vocab), ("model.safetensors", empty)],
        "tensors are missing",
    );
    assert!(NerModel::load(Path::new("/nonexistent"), Precision::F32).is_err());
}
