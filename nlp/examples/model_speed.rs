//! Speed of the built-in model, as `make bench` asks for it.
//!
//! `model_speed TEXTS THREADS PRECISION [SECONDS]`: TEXTS has one JSON string a line; PRECISION is `f32` or `bf16`.
//! Prints one JSON object: unpadded pieces a second for several token budgets, the machine's plain matrix-product rate
//! with the same threads and precision, and where the time goes: tokenizer, products of real pieces at that rate,
//! products of padding and special pieces, and the rest (attention, norms, activations, copies, slower products).
#![allow(clippy::expect_used, clippy::panic, reason = "a tool of the developers: bad input ends it")]

use std::time::{Duration, Instant};

use serde_json::json;
use tch::{Device, Kind, Tensor};
use vedetta_nlp::{NerModel, Precision, TaggerConfig};

/// Multiplications and additions of one piece in the encoder's linear layers, by the sizes in `config.json`.
fn flop_of_piece() -> f64 {
    let config: serde_json::Value =
        serde_json::from_slice(include_bytes!("../model/config.json")).expect("the built-in config is JSON");
    let size = |name: &str| config[name].as_f64().expect("a size");
    let (width, inner) = (size("hidden_size"), size("intermediate_size"));
    2.0 * size("num_hidden_layers") * (4.0 * width * width + 2.0 * width * inner)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [texts, threads, precision, rest @ ..] = args.as_slice() else {
        panic!("usage: model_speed TEXTS THREADS f32|bf16 [SECONDS]")
    };
    let lines = std::fs::read_to_string(texts).expect("the texts can be read");
    let texts: Vec<String> = lines.lines().map(|l| serde_json::from_str(l).expect("a JSON string")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let (precision, kind) = match precision.as_str() {
        "f32" => (Precision::F32, Kind::Float),
        "bf16" => (Precision::Bf16, Kind::BFloat16),
        other => panic!("precision `{other}` is neither f32 nor bf16"),
    };
    let least = Duration::from_secs_f64(rest.first().map_or(5.0, |s| s.parse().expect("seconds")));
    let mut model = NerModel::builtin(precision).expect("the built-in model loads");
    model.set_threads(threads.parse().expect("a number of threads"));
    let pieces = model.pieces(&texts) as f64;
    let tokenizer = seconds(least / 4, || model.pieces(&texts));
    let mut budgets = serde_json::Map::new();
    let (mut best, mut best_budget) = (0.0_f64, 0);
    let mut resident = None;
    for budget in [256, 512, 1_024, 2_048, 4_096, 8_192] {
        let time = seconds(least, || model.spans(&texts, budget).expect("the model runs").len());
        if pieces / time > best {
            (best, best_budget) = (pieces / time, budget);
        }
        if budget <= TaggerConfig::default().token_budget {
            resident = resident_mib();
        }
        budgets.insert(budget.to_string(), json!((pieces / time).round()));
    }
    let product = product_rate(kind);
    let flop = flop_of_piece();
    let tokenizer_share = tokenizer * best / pieces;
    let products = best * flop / product;
    let padding = products * (model.computed_pieces(&texts, best_budget) as f64 / pieces - 1.0);
    let report = json!({
        "precision": precision.as_str(),
        "texts": texts.len(),
        "pieces": pieces,
        "pieces_per_second_by_token_budget": budgets,
        "best": best.round(),
        "matrix_product_gflops": (product / 1e9).round(),
        "share_of_matrix_product_rate": round(best * flop / product),
        "where_the_time_goes": {
            "tokenizer": round(tokenizer_share),
            "products": round(products),
            "products_of_padding": round(padding),
            "rest": round(1.0 - tokenizer_share - products - padding),
        },
        "resident_mib_at_default_budget": resident,
    });
    println!("{report}");
}

/// Seconds of one call: the fastest of as many as fit in `least`, two at least.
fn seconds<T>(least: Duration, mut call: impl FnMut() -> T) -> f64 {
    let began = Instant::now();
    let mut best = f64::INFINITY;
    let mut calls = 0;
    while calls < 2 || began.elapsed() < least {
        let one = Instant::now();
        std::hint::black_box(call());
        best = best.min(one.elapsed().as_secs_f64());
        calls += 1;
    }
    best
}

/// Multiplications and additions a second of the encoder's largest product at a full batch.
fn product_rate(kind: Kind) -> f64 {
    let a = Tensor::rand([2_048, 384], (Kind::Float, Device::Cpu)).to_kind(kind);
    let b = Tensor::rand([384, 1_536], (Kind::Float, Device::Cpu)).to_kind(kind);
    let time = seconds(Duration::from_secs(1), || a.matmul(&b));
    2.0 * 2_048.0 * 384.0 * 1_536.0 / time
}

/// Resident memory of this process.
fn resident_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

fn round(share: f64) -> f64 {
    (share * 1_000.0).round() / 1_000.0
}
