//! Whole articles: model and lexicon together.

use std::sync::{Mutex, OnceLock, PoisonError};

use vedetta_domain::{Article, EntityKind, Language, Origin, TaggedArticle};
use vedetta_nlp::{Hints, Lexicon, NerModel, Precision, Tagger, TaggerConfig};

use crate::entities;

fn tag(articles: &[(&str, &str)]) -> Vec<TaggedArticle> {
    static TAGGER: OnceLock<Mutex<Tagger>> = OnceLock::new();
    let tagger = TAGGER.get_or_init(|| {
        let config = TaggerConfig { max_text_bytes: 20_000, ..TaggerConfig::default() };
        Mutex::new(Tagger::new(
            Lexicon::new(&entities()).unwrap(),
            Some(NerModel::builtin(Precision::F32).unwrap()),
            config,
        ))
    });
    let tagger = tagger.lock().unwrap_or_else(PoisonError::into_inner);
    let articles = articles.iter().map(|(title, text)| {
        let article = Article { title: Some((*title).into()), text: (*text).into(), ..Article::default() };
        (article, Hints::default())
    });
    let tagged = tagger.tag(articles.collect()).unwrap();
    for article in &tagged {
        assert_eq!(article.model.as_deref(), tagger.model_id());
        let title = article.article.title.as_deref().unwrap();
        for (mentions, text) in
            [(&article.mentions, article.article.text.as_str()), (&article.title_mentions, title)]
        {
            assert!(mentions.windows(2).all(|w| w[0].end <= w[1].start), "{mentions:?}");
            assert!(mentions.iter().all(|m| text[m.start..m.end] == m.text));
        }
    }
    tagged
}

#[test]
fn names_of_two_sister_sentences() {
    let tagged = tag(&[
        ("", "SUPARCO launched PRSS-1 from Jiuquan."),
        ("", "La SUPARCO ha lanciato il PRSS-1 da Jiuquan."),
    ]);
    for article in &tagged {
        let got: Vec<(&str, EntityKind)> =
            article.mentions.iter().map(|m| (m.text.as_str(), m.kind)).collect();
        assert_eq!(
            got,
            [("SUPARCO", EntityKind::Org), ("PRSS-1", EntityKind::Misc), ("Jiuquan", EntityKind::Loc)]
        );
    }
    assert_eq!(tagged[0].language.language, Language::English);
    assert_eq!(tagged[1].language.language, Language::Italian);
}

#[test]
fn the_model_finds_the_unknown() {
    let tagged = tag(&[(
        "Mario Draghi a Washington",
        "Mario Draghi ha incontrato Joe Biden a Washington. Lo ha detto il Corriere della Sera.",
    )]);
    let got: Vec<&str> = tagged[0].mentions.iter().map(|m| m.text.as_str()).collect();
    for name in ["Mario Draghi", "Joe Biden", "Washington"] {
        assert!(got.contains(&name), "{got:?}");
    }
    assert!(tagged[0].mentions.iter().all(|m| m.origin == Origin::Ner && m.entity.is_none()));
    assert!(tagged[0].title_mentions.iter().any(|m| m.text == "Mario Draghi"));
}

#[test]
fn any_text_is_tagged() {
    let huge = "Pakistan and SUPARCO met Xi Jinping in Jiuquan. ".repeat(210_000);
    let word = "x".repeat(50_000);
    let tagged = tag(&[
        ("", ""),
        ("Title only: Suparco", ""),
        ("", &word),
        ("🚀", "\0Pakistan\0 🛰️ مرحبا SUPARCO"),
        ("huge", &huge),
    ]);
    assert_eq!(tagged[1].title_mentions[0].text, "Suparco");
    let nul: Vec<&str> = tagged[3].mentions.iter().map(|m| m.text.as_str()).collect();
    assert!(nul.contains(&"Pakistan") && nul.contains(&"SUPARCO"), "{nul:?}");
    // The lexicon sees all of it, far behind what the model reads.
    assert!(tagged[4].mentions.iter().filter(|m| m.entity.is_some()).count() >= 630_000);
}

#[test]
fn ten_megabytes_are_read_within_bounds() {
    let sentence =
        "The Chinese side met officials of SUPARCO in Islamabad on Monday, and nothing else was said. ";
    let text = sentence.repeat(10_000_000 / sentence.len() + 1);
    let began = std::time::Instant::now();
    let tagged = tag(&[("", &text), ("", "SUPARCO launched PRSS-1 from Jiuquan.")]);
    // The model reads the beginning, the lexicon all of it; the article beside it is unharmed.
    let suparco = tagged[0].mentions.iter().filter(|m| m.text == "SUPARCO").count();
    assert_eq!(suparco, text.matches("SUPARCO").count());
    assert_eq!(tagged[1].mentions.len(), 3);
    assert!(began.elapsed().as_secs() < 120, "{:?}", began.elapsed());
}
