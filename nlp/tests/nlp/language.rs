//! Language of whole texts, short texts and texts that say nothing.

use vedetta_domain::{Language, LanguageMethod};
use vedetta_nlp::{Hints, detect};

fn check(text: &str, feed: &str, declared: &str, language: Language) -> LanguageMethod {
    let some = |hint: &str| (!hint.is_empty()).then(|| hint.to_owned());
    let guess = detect(text, &Hints { feed: some(feed), declared: some(declared) });
    assert_eq!(guess.language, language, "{:?} gave {guess:?}", text.chars().take(80).collect::<String>());
    assert!((0.0..=1.0).contains(&guess.confidence));
    guess.method
}

#[test]
fn texts() {
    use Language::{English, Italian, Other};
    let english = "Suparco has asked the Shanghai Academy of Spaceflight Technology for a second remote sensing \
                   satellite, and the data is to be shared with the ground stations in Karachi and Islamabad.";
    let italian = "Il Pakistan ha lanciato il suo secondo satellite di telerilevamento con l'aiuto della Cina, e i dati \
                   saranno ricevuti dalle stazioni di terra di Karachi e Islamabad.";
    for (text, feed, declared, language) in [
        (english, "", "", English),
        // What the page declares does not outweigh its text.
        (english, "it", "it-IT", English),
        (italian, "", "", Italian),
        (italian, "en", "en-GB", Italian),
        ("The launch was a success.", "", "", English),
        ("Il lancio è riuscito.", "", "", Italian),
        ("La navicella della Cina è sulla Luna", "", "", Italian),
        ("What the satellite is for", "it", "", English),
        ("PRSS-1", "it", "", Italian),
        ("PRSS-1", "", "en_US", English),
        ("PRSS-1", "fr", "en", Other),
        ("", "", "", Other),
        ("", "it-IT", "", Italian),
        ("🛰️🚀", "", "", Other),
        ("\0\0\0", "", "", Other),
        ("今天，巴基斯坦遥感卫星一号在酒泉卫星发射中心成功发射升空。", "it", "", Other),
        ("أطلقت باكستان قمرا صناعيا جديدا من الصين", "en", "", Other),
        (
            "Le Pakistan a lancé un nouveau satellite avec l'aide de la Chine depuis le centre de lancement.",
            "",
            "",
            Other,
        ),
        (
            "Pakistán lanzó un nuevo satélite con la ayuda de China desde el centro de lanzamiento.",
            "",
            "",
            Other,
        ),
        ("Pakistan hat mit chinesischer Hilfe einen neuen Satelliten ins All gebracht.", "", "", Other),
    ] {
        check(text, feed, declared, language);
    }
    assert_eq!(check(english, "", "", English), LanguageMethod::Text);
    assert_eq!(check("PRSS-1", "it", "", Italian), LanguageMethod::Declared);
}

#[test]
fn a_very_long_text_is_sampled() {
    let text = "Il satellite è stato lanciato dalla base e i tecnici sono soddisfatti. ".repeat(150_000);
    check(&text, "", "", Language::Italian);
    check(&"é".repeat(5_000_001), "", "it", Language::Other);
    check(&"x".repeat(50_000), "", "", Language::Other);
}
