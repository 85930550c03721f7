//! `vedetta model fetch` and `list` against a hub on loopback; `vedetta entities accept`.

use std::{
    path::{Path, PathBuf},
    process::Output,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path as Parts, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::vedetta;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// What the hub does to its visitors.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Kind,
    /// Breaks every answer about the weights off in the middle, unless it is the rest of one.
    Breaks,
    /// As `Breaks`, and sends the whole file to whoever asks for a rest.
    BreaksOnceAndForgets,
    /// Names another checksum than the file has.
    Lies,
}

#[derive(Clone)]
struct Hub {
    mood: Mood,
    asked: Asked,
}

/// (file, range) of every request.
type Asked = Arc<Mutex<Vec<(String, Option<String>)>>>;

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../nlp/tests/tiny/distilbert")
}

async fn listing(
    State(hub): State<Hub>,
    Parts((owner, model, _)): Parts<(String, String, String)>,
) -> Response {
    if (owner.as_str(), model.as_str()) != ("tiny", "ner") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let weights = std::fs::read(tiny().join("model.safetensors")).unwrap();
    let sum: String = Sha256::digest(&weights).iter().map(|byte| format!("{byte:02x}")).collect();
    let sum = if hub.mood == Mood::Lies { "0".repeat(64) } else { sum };
    let plain =
        |name: &str| json!({"rfilename": name, "size": std::fs::metadata(tiny().join(name)).unwrap().len()});
    let files = json!([
        {"rfilename": "../../evil", "size": 1},
        {"rfilename": "README.md", "size": 3},
        plain("config.json"),
        plain("vocab.txt"),
        {"rfilename": "model.safetensors", "size": weights.len(), "lfs": {"sha256": sum, "size": weights.len()}},
    ]);
    json!({"sha": COMMIT, "siblings": files}).to_string().into_response()
}

async fn file(
    State(hub): State<Hub>,
    Parts((_, _, commit, name)): Parts<(String, String, String, String)>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(commit, COMMIT, "files are asked for by the commit that was listed");
    let range = headers.get("range").map(|range| range.to_str().unwrap().to_owned());
    let first = {
        let mut asked = hub.asked.lock().unwrap();
        asked.push((name.clone(), range.clone()));
        asked.iter().filter(|(n, _)| *n == name).count() == 1
    };
    let bytes = std::fs::read(tiny().join(&name)).unwrap();
    let from: usize = match &range {
        Some(range) if hub.mood != Mood::BreaksOnceAndForgets => {
            range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap()
        }
        _ => 0,
    };
    let total = bytes.len();
    let breaks =
        name == "model.safetensors" && first && matches!(hub.mood, Mood::Breaks | Mood::BreaksOnceAndForgets);
    let body = if breaks {
        let half = stream::once(async move { Ok(Bytes::from(bytes[..total / 2].to_vec())) });
        let cut = stream::once(async {
            // The half is on its way before the line is cut.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            Err(std::io::Error::other("the line is cut"))
        });
        Body::from_stream(half.chain(cut))
    } else {
        Body::from(bytes[from..].to_vec())
    };
    if from > 0 {
        let range = format!("bytes {from}-{}/{total}", total - 1);
        return (StatusCode::PARTIAL_CONTENT, [("content-range", range)], body).into_response();
    }
    body.into_response()
}

/// A hub in `mood`: its address, and what it was asked.
async fn hub(mood: Mood) -> (String, Asked) {
    let hub = Hub { mood, asked: Arc::default() };
    let asked = hub.asked.clone();
    let app = Router::new()
        .route("/api/models/{owner}/{model}/revision/{revision}", get(listing))
        .route("/{owner}/{model}/resolve/{commit}/{file}", get(file))
        .with_state(hub);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (address, asked)
}

/// Runs `vedetta model …` with loopback open and a data folder in `dir`.
async fn model(dir: &Path, args: &[&str]) -> Output {
    let config = format!(
        "schema = 1\n[general]\ndata_dir = {:?}\n[http]\nallow_private_networks = true\n",
        dir.join("data")
    );
    std::fs::write(dir.join("vedetta.toml"), config).unwrap();
    let config = dir.display().to_string();
    let all: Vec<String> =
        ["--config", &config, "--json", "model"].iter().chain(args).map(|arg| (*arg).to_owned()).collect();
    tokio::task::spawn_blocking(move || vedetta(&all.iter().map(String::as_str).collect::<Vec<_>>(), b""))
        .await
        .unwrap()
}

fn said(out: &Output) -> (Value, String) {
    (
        serde_json::from_slice(&out.stdout).unwrap_or_default(),
        String::from_utf8_lossy(&out.stderr).into_owned(),
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_fetched_listed_and_checked() {
    for mood in [Mood::Kind, Mood::Breaks, Mood::BreaksOnceAndForgets] {
        let dir = tempfile::tempdir().unwrap();
        let (address, asked) = hub(mood).await;
        let (report, errors) = said(&model(dir.path(), &["fetch", "tiny/ner", "--hub", &address]).await);
        assert_eq!(report["loads"], true, "{report} {errors}");
        let folder = dir.path().join("data/models/tiny--ner");
        for name in ["config.json", "vocab.txt", "model.safetensors"] {
            assert_eq!(
                std::fs::read(folder.join(name)).unwrap(),
                std::fs::read(tiny().join(name)).unwrap(),
                "{name}"
            );
        }
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        assert_eq!(names, ["config.json", "model.safetensors", "vedetta-fetched.json", "vocab.txt"]);
        let half = std::fs::metadata(tiny().join("model.safetensors")).unwrap().len() / 2;
        let ranges: Vec<Option<String>> = asked
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| name == "model.safetensors")
            .map(|(_, range)| range.clone())
            .collect();
        let rest = Some(format!("bytes={half}-"));
        assert_eq!(ranges, if mood == Mood::Kind { vec![None] } else { vec![None, rest] });
        // Once more: nothing that is there is fetched again.
        asked.lock().unwrap().clear();
        said(&model(dir.path(), &["fetch", "tiny/ner", "--hub", &address]).await);
        let again = asked.lock().unwrap().iter().filter(|(name, _)| name == "model.safetensors").count();
        assert_eq!(again, 0);
        let (list, _) = said(&model(dir.path(), &["list"]).await);
        assert_eq!(list["models"][0]["name"], "builtin");
        assert_eq!(
            (&list["models"][1]["name"], &list["models"][1]["commit"]),
            (&json!("tiny/ner"), &json!(COMMIT))
        );
        let (report, errors) = said(&model(dir.path(), &["check", "tiny/ner"]).await);
        assert_eq!(report["family"], "distilbert", "{errors}");
        assert!(report["words_per_s"].as_f64().unwrap() > 0.0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_hub_must_not_do() {
    let dir = tempfile::tempdir().unwrap();
    let (address, _) = hub(Mood::Lies).await;
    let out = model(dir.path(), &["fetch", "tiny/ner", "--hub", &address]).await;
    let (_, errors) = said(&out);
    assert!(!out.status.success() && errors.contains("checksum"), "{errors}");
    let folder = dir.path().join("data/models/tiny--ner");
    assert!(!folder.join("model.safetensors").exists() && !folder.join("model.safetensors.part").exists());
    assert!(!dir.path().join("data/evil").exists());
    let (list, _) = said(&model(dir.path(), &["list"]).await);
    assert_eq!(list["models"].as_array().map(Vec::len), Some(1), "half a model is none");
    for (name, want) in
        [("tiny/none", "has no public model"), ("../ner", "is no name of a model"), ("ner", "owner/name")]
    {
        let (_, errors) = said(&model(dir.path(), &["fetch", name, "--hub", &address]).await);
        assert!(errors.contains(want), "{name}: {errors}");
    }
}

#[test]
fn an_accepted_name_is_tagged_as_known() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().display().to_string();
    let accept = [
        "entities",
        "accept",
        "Orbitalia Nova",
        "--kind",
        "org",
        "--groups",
        "space,firm",
        "--config",
        &config,
    ];
    let out = vedetta(&accept, b"");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let tagged = vedetta(
        &["try", "tag", "--config", &config],
        b"{\"id\":1,\"text\":\"Orbitalia Nova met SUPARCO.\"}\n",
    );
    let row: Value = serde_json::from_slice(&tagged.stdout).unwrap();
    let found = row["entities"].as_array().unwrap().iter().find(|e| e["entity"] == "orbitalia-nova");
    assert!(found.is_some(), "{row}");
    let again = vedetta(&accept, b"");
    assert_eq!(again.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&again.stderr).contains("is there already"));
}
