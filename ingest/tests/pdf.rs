//! Reports as PDF: text, title, date; and files that are broken, locked, or attacks.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

#[path = "support/pdf_file.rs"]
mod pdf_file;

use pdf_file::pdf;
use vedetta_domain::{Article, Page, PageKind, PageRules};
use vedetta_ingest::{ReadError, extract};

fn read(body: Vec<u8>, content_type: Option<&str>) -> Result<Article, ReadError> {
    let page = Page {
        url: "https://example.org/report.pdf".into(),
        content_type: content_type.map(str::to_owned),
        body,
        ..Page::default()
    };
    extract(&page, &PageRules::default(), "2026-11-23T12:00:00Z".parse().unwrap())
}

const FIRST: &[&str] = &[
    "Osservatorio Paper 12",
    "Two satellites for Karachi",
    "The commission said that the second satellite, PRSS-2, would be ready for launch within a",
    "year, and that its cameras had been tested in a vacuum chamber near the coast of the prov-",
    "ince (Sindh).",
];
const SECOND: &[&str] = &[
    "Osservatorio Paper 12",
    "Engineers of both countries met twice this spring to settle how the images are to be shared,",
    "an official with knowledge of the talks told the authors of this paper.",
];
const THIRD: &[&str] =
    &["Osservatorio Paper 12", "No price was given in any of the documents that were made public so far."];

#[test]
fn a_report_is_an_article() {
    let body = pdf(
        &[FIRST, SECOND, THIRD],
        "/Title (Two satellites for Karachi) /Author (Anna Verdi) /CreationDate (D:20260301102030Z)",
    );
    for content_type in [Some("application/pdf"), None, Some("application/octet-stream")] {
        let article = read(body.clone(), content_type).unwrap();
        assert_eq!(article.title.as_deref(), Some("Two satellites for Karachi"));
        assert_eq!(article.authors, ["Anna Verdi"]);
        assert_eq!(article.published, Some("2026-03-01T10:20:30Z".parse().unwrap()));
        assert_eq!((article.kind, article.declared_language.as_deref()), (PageKind::Article, Some("en-GB")));
        for kept in [
            "ready for launch within a year, and that its cameras",
            "coast of the province (Sindh).",
            "to be shared, an official",
            "No price was given",
        ] {
            assert!(article.text.contains(kept), "{kept:?} in {:?}", article.text);
        }
        assert!(!article.text.contains("Paper 12"), "{:?}", article.text);
    }
}

#[test]
fn the_first_line_stands_in_for_a_program_s_title() {
    let article = read(pdf(&[&FIRST[1..]], "/Title (Microsoft Word - paper_12_final.docx)"), None).unwrap();
    assert_eq!(article.title.as_deref(), Some("Two satellites for Karachi"));
}

#[test]
fn broken_and_hostile_files_are_named_errors() {
    let whole = pdf(&[FIRST, SECOND], "");
    let check = |body: Vec<u8>, part: &str| {
        let error = read(body, Some("application/pdf")).unwrap_err();
        assert_eq!(error.kind(), "no-article");
        assert!(error.to_string().contains(part), "{error}");
    };
    check(b"%PDF-1.7\nnothing".to_vec(), "cannot be opened");
    check(pdf(&[&[]], ""), "next to no text");
    check(pdf(&[], ""), "next to no text");
    // Cut or damaged anywhere: an article or an error, never a panic.
    let (mut articles, mut errors) = (0, 0);
    for at in (0..whole.len()).step_by(37) {
        let mut damaged = whole.clone();
        damaged[at] = damaged[at].wrapping_add(1);
        for body in [damaged, whole[..at].to_vec()] {
            match read(body, Some("application/pdf")) {
                Ok(_) => articles += 1,
                Err(_) => errors += 1,
            }
        }
    }
    assert!(articles > 10 && errors > 10, "{articles} articles, {errors} errors");
}
