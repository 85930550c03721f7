//! The commands on good and on bad input: a named error with cause and remedy, and the right exit code.

use serde_json::Value;

use crate::support::vedetta;

fn json_lines(args: &[&str], input: &str) -> Vec<Value> {
    let out = vedetta(args, input.as_bytes());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Runs a command that must fail with `code` and say all of `words`.
fn check_failure(args: &[&str], code: i32, words: &[&str]) {
    let out = vedetta(args, b"");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {said}");
    for word in words {
        assert!(said.contains(word), "{args:?}: {word:?} in {said}");
    }
}

#[test]
fn try_tag_names_the_agency_and_the_range_in_both_languages() {
    let input = "{\"id\":1,\"text\":\"SUPARCO launched PRSS-1 from Jiuquan.\"}\n\
                 {\"id\":\"due\",\"text\":\"È la SUPARCO che ha lanciato PRSS-1 da Jiuquan.\"}\n\
                 not json\n\n{\"id\":4}\n{\"id\":5,\"text\":\"\"}\n{\"id\":6,\"text\":\"half a pair: \\ud83d.\"}\n";
    let rows = json_lines(&["try", "tag"], input);
    assert_eq!(rows.len(), 6);
    let found = |row: &Value, text: &str| {
        row["entities"].as_array().unwrap().iter().find(|e| e["text"] == text).cloned().unwrap_or(Value::Null)
    };
    assert_eq!(
        (found(&rows[0], "SUPARCO")["kind"].as_str(), found(&rows[0], "Jiuquan")["kind"].as_str()),
        (Some("ORG"), Some("LOC"))
    );
    assert_eq!((rows[0]["language"].as_str(), rows[1]["language"].as_str()), (Some("en"), Some("it")));
    let suparco = found(&rows[1], "SUPARCO");
    assert_eq!(
        (suparco["start"].as_u64(), suparco["end"].as_u64()),
        (Some(5), Some(12)),
        "code points, not bytes"
    );
    // The last one has half a surrogate pair, which is no text.
    for bad in [&rows[2], &rows[3], &rows[5]] {
        assert!(bad["id"].is_null() && bad["error"].is_string(), "{bad}");
    }
    assert_eq!((rows[4]["id"].as_u64(), rows[4]["entities"].as_array().map(Vec::len)), (Some(5), Some(0)));
}

#[test]
fn try_match_and_dedupe_answer_in_order() {
    let deal = "Pakistan's space agency SUPARCO signed an agreement with China's CAST to build the satellite PRSS-2, \
                which will be launched from Jiuquan next year.";
    let input = format!(
        "{{\"id\":\"a\",\"text\":\"{deal}\"}}\n{{\"id\":\"b\",\"text\":\"The cat sat on the mat all day long.\"}}\n{{\"id\":\"c\",\"text\":\"{deal}\"}}\n"
    );
    let matched = json_lines(&["try", "match"], &input);
    let alerts: Vec<usize> = matched.iter().map(|row| row["alerts"].as_array().unwrap().len()).collect();
    assert!(alerts[0] >= 1 && alerts[1] == 0 && alerts[2] == alerts[0], "{alerts:?}");
    assert!(matched[0]["alerts"][0]["reasons"].as_array().is_some_and(|reasons| !reasons.is_empty()));
    let judged = json_lines(&["try", "dedupe"], &input);
    let verdicts: Vec<_> =
        judged.iter().map(|row| (row["verdict"].as_str().unwrap(), row["of"].clone())).collect();
    assert_eq!(verdicts, [("new", Value::Null), ("new", Value::Null), ("exact", Value::from("a"))]);
    assert_eq!(judged[0]["story"], judged[2]["story"]);
}

#[test]
fn bad_input_is_a_named_error() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    for (name, text) in [
        ("feed", "this is no feed"),
        ("page.html", ""),
        ("bad.toml", "schema = 1\n[general]\ndata_dri = 1\n"),
    ] {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    check_failure(&["try", "feed", &path("feed")], 1, &["is no feed that can be read"]);
    check_failure(&["try", "page", &path("page.html")], 1, &["empty body"]);
    check_failure(&["try", "page", &path("absent")], 1, &["cannot open", "name a file"]);
    check_failure(&["check", "--config", &path("bad.toml")], 78, &["bad.toml:3", "data_dri", "hint"]);
    check_failure(&["run", "--config", &path("bad.toml")], 78, &["bad.toml:3"]);
    check_failure(&["check", "--config", &path("absent")], 78, &["no such file or folder"]);
    check_failure(&["try", "feed", "http://127.0.0.1:9/"], 69, &["loopback", "allow_networks"]);
}

#[test]
fn a_model_folder_without_its_files_is_a_named_error() {
    let dir = tempfile::tempdir().unwrap();
    check_failure(&["model", "check", &dir.path().display().to_string()], 1, &["config.json"]);
    std::fs::write(dir.path().join("config.json"), "{\"model_type\": \"bert\"}").unwrap();
    let out = vedetta(&["model", "check", &dir.path().display().to_string()], b"");
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(
        ["vocab.txt", "model.safetensors", "config.json"].iter().any(|file| said.contains(file)),
        "{said}"
    );
}
