//! What the lexicon alone finds: one table of texts with the mentions that are due.

use vedetta_domain::{Article, EntityKind, Mention};
use vedetta_nlp::{Hints, Lexicon, LexiconProblem, Tagger, TaggerConfig};

use crate::{entities, entity};

fn mentions(text: &str) -> Vec<Mention> {
    let tagger = Tagger::new(Lexicon::new(&entities()).unwrap(), None, TaggerConfig::default());
    let article = Article { text: text.to_owned(), ..Article::default() };
    let mut tagged = tagger.tag(vec![(article, Hints::default())]).unwrap();
    let mentions = tagged.remove(0).mentions;
    assert!(mentions.windows(2).all(|w| w[0].end <= w[1].start), "{mentions:?}");
    assert!(mentions.iter().all(|m| text[m.start..m.end] == m.text));
    mentions
}

/// `want`: `text=entity` of every mention, in order; an adjective is `text~entity`.
fn check(text: &str, want: &[&str]) {
    let got: Vec<String> = mentions(text)
        .iter()
        .map(|m| {
            let sign = if m.origin == vedetta_domain::Origin::Adjective { '~' } else { '=' };
            format!("{}{sign}{}", m.text, m.entity.as_ref().map_or("?", |id| id.0.as_str()))
        })
        .collect();
    assert_eq!(got, want, "{text}");
}

#[test]
fn sure_forms() {
    check("", &[]);
    check("Suparco and SUPARCO", &["Suparco=suparco", "SUPARCO=suparco"]);
    check("l’Institute of Space\nTechnology", &[]);
    check("dell'Institute of  Space Technology", &["Institute of  Space Technology=ist"]);
    check("China's PRSS-1, dalla Cina", &["China=china", "PRSS-1=prss-1", "Cina=china"]);
    check(
        "PRSS 1 PRSS1 PRSS–01 Prss 01 PRSS-10 PRSS-1A",
        &["PRSS 1=prss-1", "PRSS1=prss-1", "PRSS–01=prss-1", "Prss 01=prss-1"],
    );
    check("SUPARCOs and preChina", &[]);
    check("fine china on the table", &[]);
    check("Jiuquan Satellite Launch Centre", &["Jiuquan Satellite Launch Centre=jiuquan"]);
    check(
        "Ｊｉｕｑｕａｎ \u{202b}Jiuquan\u{202c} 🚀Jiuquan",
        &["Ｊｉｕｑｕａｎ=jiuquan", "Jiuquan=jiuquan", "Jiuquan=jiuquan"],
    );
}

#[test]
fn adjectives() {
    check("Il satellite pakistano e i razzi cinesi", &["pakistano~pakistan", "cinesi~china"]);
    check("the Afro-Pakistani deal", &["Pakistani~pakistan"]);
    check("a Sino-Pakistani deal", &["Sino-Pakistani~china"]);
    let both = mentions("a Sino-Pakistani deal");
    assert_eq!(both[0].groups, ["china", "pakistan"]);
    check("Pakistani Pakistan", &["Pakistani~pakistan", "Pakistan=pakistan"]);
    check(
        "la Commissione per la ricerca spaziale e nell’alta atmosfera pakistana",
        &["Commissione per la ricerca spaziale e nell’alta atmosfera=suparco", "pakistana~pakistan"],
    );
}

#[test]
fn ambiguous_forms() {
    // Nothing agrees.
    check("The CAST of the film. IST is a time zone.", &[]);
    // A neighbour of the same groups agrees, in the same sentence or the next.
    check("SUPARCO met CAST.", &["SUPARCO=suparco", "CAST=cast"]);
    check("Jiuquan is far. Sast waits.", &["Jiuquan=jiuquan"]);
    check("Jiuquan is far. There Sast waits.", &["Jiuquan=jiuquan", "Sast=sast"]);
    check("Jiuquan is far. It is cold. We wait. Then Sast comes.", &["Jiuquan=jiuquan"]);
    // The letters do not fit.
    check("SUPARCO cast doubt, and sast too.", &["SUPARCO=suparco"]);
    check("SUPARCO SHOWS THE CAST OF ITS NEW FILM TO ALL.", &["SUPARCO=suparco"]);
    // A country alone is too little kinship.
    check("Pakistan uses IST.", &["Pakistan=pakistan"]);
    // The long form anywhere, or a bracket.
    check(
        "The Institute of Space Technology is old.\nx\ny\nStudents of IST left.",
        &["Institute of Space Technology=ist", "IST=ist"],
    );
    check("La Lunga Marcia di Mao. Finì male.", &[]);
    check("Il razzo Lunga Marcia partì da Jiuquan.", &["Lunga Marcia=long-march", "Jiuquan=jiuquan"]);
}

#[test]
fn short_forms_defined_in_brackets() {
    check(
        "Space and Upper Atmosphere Research Commission (SUARC) said. SUARC is old.",
        &["Space and Upper Atmosphere Research Commission=suparco", "SUARC=suparco", "SUARC=suparco"],
    );
    // The article's own definition overrules the lexicon's ambiguous form.
    check(
        "China Academy of Space Technology (IST) met SUPARCO of Pakistan. IST left.",
        &[
            "China Academy of Space Technology=cast",
            "IST=cast",
            "SUPARCO=suparco",
            "Pakistan=pakistan",
            "IST=cast",
        ],
    );
}

#[test]
fn the_reference_sentence() {
    check(
        "Suparco asked the Shanghai Academy of Spaceflight Technology (Sast, part of Casc) for PRSS-02; PRSS-01 flew \
         from the Jiuquan Satellite Centre.",
        &[
            "Suparco=suparco",
            "Shanghai Academy of Spaceflight Technology=sast",
            "Sast=sast",
            "Casc=casc",
            "PRSS-01=prss-1",
            "Jiuquan=jiuquan",
        ],
    );
}

#[test]
fn problems_name_record_and_form() {
    let org = EntityKind::Org;
    let check = |list: &[vedetta_domain::Entity], want: &str| {
        let problems = Lexicon::new(list).err().unwrap_or_default();
        let text = problems.iter().map(LexiconProblem::to_string).collect::<Vec<_>>().join("\n");
        assert!(text.contains(want), "{text:?} lacks {want:?}");
    };
    check(&[entity("a", org, "A b", "", "", ""), entity("a", org, "C d", "", "", "")], "`a` is there twice");
    check(&[entity("a", org, " - ", "", "", "")], "empty form ` - `");
    check(&[entity("a", org, "", "", "", "")], "has no form");
    check(
        &[entity("a", org, "Ab C", "", "", ""), entity("b", org, "ab  c", "", "", "")],
        "`ab  c` of entity `b` is also an alias of `a`",
    );
    check(&[entity("a", org, "Ab", "AB", "", "")], "`AB` of entity `a` is also an alias of `a`");
    let mut orphan = entity("a", org, "Ab", "", "", "");
    orphan.part_of = Some(vedetta_domain::EntityId("z".into()));
    check(&[orphan], "part of `z`");
    // Two records may share an unsure form; a spelling twice in one record does no harm.
    assert!(
        Lexicon::new(&[entity("a", org, "Ab|ab", "IST", "", ""), entity("b", org, "Cd", "IST", "", "")])
            .is_ok()
    );
    assert!(Lexicon::new(&[]).is_ok());
}
