//! The archive on disk: looked at, copied and exported beside a running daemon; changed by nobody else meanwhile.

use std::{path::Path, process::Output};

use serde_json::Value;

use crate::support::{Scene, soon, terminate, vedetta};

async fn run(args: Vec<String>) -> Output {
    let command = tokio::task::spawn_blocking(move || {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        vedetta(&args, b"")
    });
    soon("the end", command).await.unwrap()
}

/// Runs a command on a configuration that succeeds, and answers what it printed.
async fn said(config: &Path, args: &[&str]) -> String {
    let out = on(config, args).await;
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

async fn on(config: &Path, args: &[&str]) -> Output {
    let all = [args, &["--config", config.to_str().unwrap()]].concat();
    run(all.into_iter().map(str::to_owned).collect()).await
}

/// A configuration whose data lie in `data`.
fn config(dir: &Path, data: &Path) -> std::path::PathBuf {
    let file = dir.join("vedetta.toml");
    let text =
        format!("schema = 1\n[general]\ndata_dir = {:?}\nshipped_sources = false\n", data.to_str().unwrap());
    std::fs::write(&file, text).unwrap();
    file
}

/// The item and the address of an export's first article.
fn first_article(export: &str) -> (String, String) {
    let text = zstd::decode_all(std::fs::File::open(export).unwrap()).unwrap();
    let line = text.split(|byte| *byte == b'\n').next().unwrap();
    let commit: Value = serde_json::from_slice(line).unwrap();
    let word = |value: &Value| value.as_str().unwrap().to_owned();
    (word(&commit["telling"]["item"]), word(&commit["telling"]["url"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_archive_is_copied_beside_a_running_daemon_and_taken_in_by_another() {
    let scene = Scene::new().await;
    let daemon = scene.daemon();
    soon("the alerts", scene.receiver.until(scene.expected.events().len())).await;
    let own = scene.dir.path();
    let other = tempfile::tempdir().unwrap();

    let segments: Value = serde_json::from_str(&said(own, &["store", "stats", "--json"]).await).unwrap();
    assert_eq!(segments["segments"][0]["number"], 1);
    let checked: Value = serde_json::from_str(&said(own, &["store", "check", "--json"]).await).unwrap();
    assert!(checked["articles"].as_u64().unwrap() >= 3 && checked["damage"].as_array().unwrap().is_empty());
    let refused = on(own, &["store", "rebuild"]).await;
    assert_eq!(refused.status.code(), Some(69));
    let text = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(text.contains("in use by another process"), "{text}");
    let copy = other.path().join("copy");
    said(own, &["backup", copy.to_str().unwrap()]).await;
    let export = other.path().join("articles.jsonl.zst");
    let export = export.to_str().unwrap();
    let count = |text: &str| text.split(' ').next().unwrap().parse::<u64>().unwrap();
    let exported = count(&said(own, &["export", export]).await);
    assert!(exported >= 3);
    assert!(!on(own, &["export", export]).await.status.success(), "a file is not written over");
    let (id, url) = first_article(export);
    let explained = said(own, &["explain", &id]).await;
    assert!(explained.contains("dedupe"), "beside the daemon: {explained}");
    terminate(&scene, daemon).await;

    said(own, &["forget", &url]).await;
    let refused = on(own, &["explain", &id]).await;
    assert!(String::from_utf8_lossy(&refused.stderr).contains("was forgotten"));
    assert!(!on(own, &["forget", "https://example.org/never-seen"]).await.status.success());
    let left = other.path().join("left.jsonl.zst");
    let left = count(&said(own, &["export", left.to_str().unwrap()]).await);
    assert!(left >= 1 && left < exported, "{left} of {exported}");

    // The index of a copy is made anew, and so is that of the original when it is asked for.
    for (data, least) in [(copy, 3), (own.join("data"), left.min(3))] {
        let file = config(other.path(), &data);
        let rebuilt: Value =
            serde_json::from_str(&said(&file, &["store", "rebuild", "--json"]).await).unwrap();
        assert!(rebuilt["rows"]["items_done"].as_u64().unwrap() >= least, "{rebuilt}");
    }
    let file = config(other.path(), &other.path().join("new"));
    assert_eq!(count(&said(&file, &["import", export]).await), exported);
    let again = said(&file, &["import", export]).await;
    assert!(again.starts_with("0 articles taken in"), "{again}");
    let checked: Value = serde_json::from_str(&said(&file, &["store", "check", "--json"]).await).unwrap();
    assert_eq!(checked["articles"].as_u64(), Some(exported));
}
