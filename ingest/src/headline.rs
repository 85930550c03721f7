//! The headline of a page among the titles that it carries.
//!
//! A page declares its title in up to five places, with the site's name, a kicker or words for search engines in
//! some of them. Each place has a voice: for what says the same words, and for what stands at its beginning, so that
//! `Headline` wins over `Headline - Section | Site`.

/// The title with the most voices; `titles` are (weight of the voice, title).
pub(crate) fn of<const N: usize>(titles: [(f32, Option<String>); N]) -> Option<String> {
    let titles: Vec<(f32, String, String)> = titles
        .into_iter()
        .filter_map(|(weight, title)| title.map(|title| (weight, words(&title), title)))
        .filter(|(_, words, _)| !words.trim().is_empty())
        .collect();
    let votes =
        |mine: &str| titles.iter().map(|(weight, theirs, _)| weight * voice(mine, theirs)).sum::<f32>();
    let mut best: Option<(f32, &str)> = None;
    for (weight, mine, title) in &titles {
        // Between equals the more trusted place.
        let score = votes(mine) + weight / 100.0;
        if best.is_none_or(|(of_best, _)| score > of_best) {
            best = Some((score, title));
        }
    }
    best.map(|(_, title)| title.to_owned())
}

/// How far the place that says `theirs` speaks for `mine`.
fn voice(mine: &str, theirs: &str) -> f32 {
    // A word or two at the beginning of another title prove nothing.
    let long = mine.chars().count() > 12;
    match () {
        () if mine == theirs => 1.0,
        () if long && theirs.starts_with(mine) => 0.9,
        () if long && theirs.ends_with(mine) => 0.3,
        () => 0.0,
    }
}

/// Letters and digits in small letters, a space around every word.
pub(crate) fn words(title: &str) -> String {
    let mut words = String::from(" ");
    for word in title.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        words.extend(word.chars().flat_map(char::to_lowercase));
        words.push(' ');
    }
    words
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn the_places_vote() {
        let check = |titles: [&str; 3], expected: Option<&str>| {
            let [a, b, c] = titles.map(|title| Some(title.to_owned()).filter(|title| !title.is_empty()));
            assert_eq!(of([(1.25, a), (1.15, b), (1.0, c)]).as_deref(), expected, "{titles:?}");
        };
        let headline = "Two satellites for Karachi";
        check(["", "", ""], None);
        check([headline, "", ""], Some(headline));
        check(["", headline, "Two satellites for Karachi - Asia | The Site"], Some(headline));
        check(["Two satellites for Karachi - Asia | The Site", headline, ""], Some(headline));
        // Two against one.
        check(["Words for engines", headline, "Two Satellites for Karachi"], Some(headline));
        check([headline, "Analysis", "Two satellites for Karachi"], Some(headline));
        // A short word at the beginning of the others is a section, not the headline.
        check(
            ["Space: two satellites more", "Space", "Space: two satellites more"],
            Some("Space: two satellites more"),
        );
        check(["!", "…", headline], Some(headline));
    }
}
