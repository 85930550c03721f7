//! Lines that stand inside an article and are none of it, by their words: teasers, offers, notices of rights.

/// A longer line is a paragraph that happens to begin like one of these.
const LONGEST: usize = 250;

/// Beginnings, in small letters.
const BEGINNINGS: &[&str] = &[
    "leggi anche",
    "leggi pure",
    "leggi tutto",
    "ti potrebbe interessare",
    "ti potrebbero interessare",
    "potrebbe interessarti",
    "potrebbero interessarti",
    "potrebbe anche interessarti",
    "articoli correlati",
    "read also",
    "also read",
    "read more:",
    "read next",
    "related reading",
    "related:",
    "related articles",
    "you may also like",
    "you might also like",
    "more on this topic",
    "recommended for you",
    "ascolta questo articolo",
    "ascolta l'articolo",
    "ascolta la notizia",
    "listen to this article",
    "seguici su",
    "segui i nostri",
    "follow us on",
    "join our whatsapp",
    "condividi su",
    "condividi questo articolo",
    "share this article",
    "iscriviti alla newsletter",
    "iscriviti alla nostra",
    "iscriviti per ricevere",
    "subscribe to our newsletter",
    "sign up for our",
    "sign up to receive",
    "ricevi la newsletter",
    "questo contenuto è riservato agli abbonati",
    "contenuto riservato agli abbonati",
    "articolo riservato agli abbonati",
    "per continuare la lettura",
    "per continuare a leggere",
    "hai già un abbonamento",
    "sei già abbonato",
    "already a subscriber",
    "subscribe to continue",
    "sostieni il nostro lavoro",
    "support our work",
    "sostieni il nostro",
    "sostieni la nostra",
    "sostieni i ",
    "support our",
    "the views expressed",
    "le opinioni espresse",
    "enjoying this",
    "liking this",
    "inserisci il tuo indirizzo",
    "inserisci la tua email",
    "sei in:",
    "ti trovi in:",
    "you are here",
    "caricamento del post",
    "ultimo aggiornamento",
    "last updated",
    "scritto da ",
    "< prec",
    "© riproduzione riservata",
    "riproduzione riservata",
    "all rights reserved",
    "tutti i diritti riservati",
];

/// Whole lines, in small letters, without marks around them.
const WHOLE: &[&str] = &[
    "pubblicità",
    "advertisement",
    "advertising",
    "annuncio",
    "sponsor",
    "contenuto sponsorizzato",
    "continua a leggere",
    "continue reading",
    "condividi",
    "share",
    "stampa",
    "print",
    "commenti",
    "comments",
    "tag",
    "tags",
    "articolo seguente",
    "articolo precedente",
    "torna su",
    "back to top",
];

/// Channels that readers are asked to follow.
const CHANNELS: &[&str] =
    &["whatsapp", "telegram", "facebook", "twitter", "instagram", "linkedin", "google news"];

/// Whether a line is none of the article's.
pub(crate) fn is_furniture(line: &str) -> bool {
    if line.chars().count() > LONGEST {
        return false;
    }
    let line: String = line.replace('’', "'").chars().flat_map(char::to_lowercase).collect();
    let bare = line.trim_matches(|c: char| !c.is_alphanumeric());
    let bare_line = line.trim_start_matches(|c: char| !(c.is_alphanumeric() || matches!(c, '<' | '©')));
    let begins = |beginnings: &[&str]| beginnings.iter().any(|start| bare_line.starts_with(start));
    let follow = begins(&["follow ", "segui "]) && CHANNELS.iter().any(|channel| line.contains(channel));
    let editor =
        line.len() < 60 && begins(&["editor:", "edited by", "a cura della redazione", "web editor:"]);
    WHOLE.contains(&bare) || begins(BEGINNINGS) || follow || editor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_by_their_words() {
        for (line, expected) in [
            ("Leggi anche: Taiwan e le reti satellitari", true),
            ("» LEGGI ANCHE – Il porto di Gwadar", true),
            ("- Pubblicità -", true),
            ("© Riproduzione riservata", true),
            ("Editor: Sun Lifang", true),
            ("Follow Karachi Courier on WhatsApp and stay on top", true),
            ("Ascolta questo articolo (7 minuti)", true),
            ("Questo contenuto è riservato agli abbonati", true),
            ("La pubblicità dei satelliti costa", false),
            ("Follow the money, said the minister", false),
            ("Share of the market", false),
            ("The editor: a story", false),
            ("", false),
        ] {
            assert_eq!(is_furniture(line), expected, "{line}");
        }
        assert!(!is_furniture(&format!("Leggi anche {}", "una frase lunga ".repeat(30))));
    }
}
