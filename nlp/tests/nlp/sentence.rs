//! Sentence boundaries: one table of texts with `|` where a sentence must end.

use vedetta_nlp::sentences;

fn check(marked: &str) {
    let text: String = marked.split('|').collect::<Vec<_>>().join(" ");
    let want: Vec<&str> =
        marked.split('|').flat_map(|s| s.split('\n')).filter(|s| !s.trim().is_empty()).collect();
    let got: Vec<&str> = sentences(&text).iter().map(|&(a, b)| &text[a..b]).collect();
    assert_eq!(got, want.iter().map(|s| s.trim()).collect::<Vec<_>>(), "{text:?}");
}

#[test]
fn boundaries() {
    for marked in [
        "",
        "One sentence",
        "First.|Second one.|Third",
        "Dr. Khan met Gen. Smith.|They spoke.",
        "Il dott. Rossi e il sig. Bianchi sono partiti.|Poi tornano.",
        "The U.S. Army arrived.|It left.",
        "It happened in the U.S.|The talks go on.",
        "J. F. Kennedy spoke.|Nobody heard.",
        "Satelliti, razzi, ecc. sono pronti.|Il lancio è vicino.",
        "See art. 5 of the treaty.|Then sign.",
        "See pag. 12.|Ends.",
        "He said: \"Go.\"|She went.",
        "\"Andiamo!\"|“Dove?”|«Là.»|Fine.",
        "It cost $3.5 million.|Cheap.",
        "PRSS-1 flew on 9 July 2018.|2019 was quiet.",
        "Really?!|Yes…|No.",
        "Heading without stop\nText goes on.|More.",
        "Version v2.0 is out.|Good.",
        "Acme Inc. said so.|Then more.",
        "vedetta.example.org is a site.|Ok.",
        "Launch (in 2018.)|Next.",
        "St. Peter and No. 5.|End.",
        "L’on. Meloni parla.|Tutti ascoltano.",
        "今天发射。卫星入轨。",
    ] {
        if marked.contains('。') {
            assert_eq!(sentences(marked).len(), 2);
        } else {
            check(marked);
        }
    }
}

#[test]
fn every_letter_lies_in_one_sentence() {
    for text in ["\0\0 a. B", "🛰️. Ωμ", "\u{feff}", "مرحبا. كيف", &"x.".repeat(50_000), &"A. ".repeat(50_000)]
    {
        let ranges = sentences(text);
        assert!(ranges.windows(2).all(|w| w[0].1 <= w[1].0));
        let covered: usize =
            ranges.iter().map(|&(a, b)| text[a..b].split_whitespace().map(str::len).sum::<usize>()).sum();
        assert_eq!(covered, text.split_whitespace().map(str::len).sum::<usize>());
    }
}
