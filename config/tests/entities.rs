//! What is wrong with a lexicon is said with file and line, all in one run.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

/// Loads a configuration with this file under `entities/`; every entry of `expected` must be among the errors.
fn check(text: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("entities")).unwrap();
    std::fs::write(folder.path().join("entities/own.toml"), text).unwrap();
    let said = match vedetta_config::load(Some(folder.path())) {
        Ok(_) => String::new(),
        Err(errors) => errors.to_string(),
    };
    assert_eq!(said.is_empty(), expected.is_empty(), "{said}");
    for want in expected {
        assert!(said.contains(want), "{want:?} is not in:\n{said}");
    }
}

/// Records of id, alias, and further lines.
fn records(list: &[(&str, &str, &str)]) -> String {
    let record = |(id, alias, more): &(&str, &str, &str)| {
        format!(
            "\n[[entity]]\nid = \"{id}\"\nkind = \"ORG\"\nname = {{ en = \"{id} of the test\" }}\naliases = [\"{alias}\"]\n{more}\n"
        )
    };
    format!("schema = 1\n{}", list.iter().map(record).collect::<String>())
}

#[test]
fn a_right_file_is_taken() {
    check(
        &records(&[
            ("one", "Uno Orbitale", "groups = [\"space\"]"),
            ("two", "Due Orbitale", "part_of = \"one\""),
        ]),
        &[],
    );
}

#[test]
fn one_alias_means_one_thing() {
    // However it is written; and against what is shipped too.
    check(
        &records(&[("one", "Uno Orbitale", ""), ("two", "uno-orbitale", "")]),
        &["own.toml:", "belongs to"],
    );
    check(&records(&[("one", "SUPARCO", "")]), &["belongs to", "suparco"]);
}

#[test]
fn groups_and_parents_must_be_there() {
    check(
        &records(&[("one", "Uno Orbitale", "groups = [\"Spazio Nostro\"]")]),
        &["own.toml:3", "unknown group"],
    );
    check(&records(&[("one", "Uno Orbitale", "part_of = \"nobody\"")]), &["own.toml:3", "does not exist"]);
}

#[test]
fn no_entity_is_part_of_itself() {
    check(&records(&[("one", "Uno Orbitale", "part_of = \"one\"")]), &["own.toml:3", "leads back to itself"]);
    check(
        &records(&[
            ("one", "Uno Orbitale", "part_of = \"two\""),
            ("two", "Due Orbitale", "part_of = \"three\""),
            ("three", "Tre Orbitale", "part_of = \"one\""),
        ]),
        &["own.toml:3", "own.toml:10", "own.toml:17", "leads back to itself"],
    );
}

#[test]
fn all_errors_come_in_one_run() {
    let text = records(&[
        ("one", "Uno Orbitale", "groups = [\"Spazio Nostro\"]"),
        ("one", "Due Orbitale", ""),
        ("three", "Tre Orbitale", "part_of = \"nobody\""),
    ]);
    check(&text, &["unknown group", "stands twice", "does not exist", "own.toml:10"]);
    check(&text.replace("kind = \"ORG\"", "kind = \"FIRM\""), &["own.toml:5"]);
}
