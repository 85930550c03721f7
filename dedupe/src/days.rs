//! The days that a text names, as days of the calendar: "on Friday", "il 31 luglio", "ieri" and "2 August 2025" all
//! depend on when it was published, and two tellings of one event then name the same day in either language.

use jiff::{ToSpan, civil::Date};

use crate::words::{Word, split};

const MONTHS: &[(&str, &str)] = &[
    ("january", "gennaio"),
    ("february", "febbraio"),
    ("march", "marzo"),
    ("april", "aprile"),
    ("may", "maggio"),
    ("june", "giugno"),
    ("july", "luglio"),
    ("august", "agosto"),
    ("september", "settembre"),
    ("october", "ottobre"),
    ("november", "novembre"),
    ("december", "dicembre"),
];

const WEEKDAYS: &[(&str, &str)] = &[
    ("monday", "lunedì"),
    ("tuesday", "martedì"),
    ("wednesday", "mercoledì"),
    ("thursday", "giovedì"),
    ("friday", "venerdì"),
    ("saturday", "sabato"),
    ("sunday", "domenica"),
];

const NEAR: &[(&str, i64)] = &[
    ("today", 0),
    ("tonight", 0),
    ("oggi", 0),
    ("stasera", 0),
    ("stamattina", 0),
    ("stamani", 0),
    ("stamane", 0),
    ("yesterday", -1),
    ("ieri", -1),
    ("tomorrow", 1),
    ("domani", 1),
];

/// Letters of a month's short form (`18 gen`).
const SHORT: usize = 3;

/// Whether a word, in small letters, is a month or a weekday.
pub fn is_of_the_calendar(word: &str) -> bool {
    MONTHS.iter().chain(WEEKDAYS).any(|(english, italian)| word == *english || word == *italian)
}

/// The days that `text` names, in its order, as somebody understood them who read it on `published`.
pub fn days(text: &str, published: Date) -> Vec<Date> {
    let (text, words) = split(text);
    let folded: Vec<String> = words.iter().map(|word| text[word.start..word.end].to_lowercase()).collect();
    let at = |n: usize| folded.get(n).map(String::as_str).unwrap_or_default();
    let mut found = Vec::new();
    for n in 0..words.len() {
        let word = at(n);
        if let Some(month) = full_month(word) {
            found.extend(around(&folded, &words, &text, n, month, published));
        } else if let (Some(month), Some(day)) =
            (short_month(word), n.checked_sub(1).and_then(|n| number(at(n))))
        {
            found.extend(nearest(month, day, published));
        } else if let Some(weekday) = position(WEEKDAYS, word) {
            let before = n.checked_sub(1).map(at).unwrap_or_default();
            let next = before == "next" || coming(before) || coming(at(n + 1));
            found.extend(on_weekday(weekday, next, published));
        } else if let Some((_, days)) = NEAR.iter().find(|(name, _)| *name == word) {
            found.extend(published.checked_add(days.days()).ok());
        }
    }
    found
}

/// Whether a word, in small letters, names a month or a day of the week.
pub fn is_date_word(word: &str) -> bool {
    full_month(word).is_some() || position(WEEKDAYS, word).is_some()
}

/// The day around a month's name: `31 July 2025`, `July 31, 2025`, `il 31 di luglio`.
fn around(
    folded: &[String],
    words: &[Word],
    text: &str,
    n: usize,
    month: i8,
    published: Date,
) -> Option<Date> {
    let at = |n: usize| folded.get(n).map(String::as_str).unwrap_or_default();
    let before = |back: usize| n.checked_sub(back).map(at).unwrap_or_default();
    let day =
        number(before(1)).or_else(|| matches!(before(1), "of" | "di").then(|| number(before(2))).flatten());
    // A number behind a month is its day, unless it is a time or a figure with decimals.
    let is_part = |n: usize| {
        words.get(n).is_some_and(|word| {
            let mut next = text[word.end..].chars();
            matches!(next.next(), Some(':' | '.' | ',')) && next.next().is_some_and(|c| c.is_ascii_digit())
        })
    };
    let (day, year) = match day {
        Some(day) => (day, year(at(n + 1)).or_else(|| year(at(n + 2)).filter(|_| at(n + 1) == "del"))),
        None => (number(at(n + 1)).filter(|_| !is_part(n + 1))?, year(at(n + 2))),
    };
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => nearest(month, day, published),
    }
}

fn position(names: &[(&str, &str)], word: &str) -> Option<i8> {
    let at = names.iter().position(|(english, italian)| *english == word || *italian == word)?;
    i8::try_from(at).ok()
}

fn full_month(word: &str) -> Option<i8> {
    position(MONTHS, word).map(|at| at + 1)
}

fn short_month(word: &str) -> Option<i8> {
    let is = |name: &str| word.len() == SHORT && name.starts_with(word);
    let at = MONTHS.iter().position(|(english, italian)| is(english) || is(italian))?;
    i8::try_from(at + 1).ok()
}

/// A day of the month: `31`, `1st`, `1º`.
fn number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let suffix = &word[digits.len()..];
    let known = matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "o");
    digits.parse().ok().filter(|day| known && (1..=31).contains(day))
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| word.len() == 4 && (1900..=2100).contains(year))
}

fn coming(word: &str) -> bool {
    word.starts_with("prossim")
}

/// The day of that month that is nearest to `published`.
fn nearest(month: i8, day: i8, published: Date) -> Option<Date> {
    let years = [-1, 0, 1].into_iter().filter_map(|by| Date::new(published.year() + by, month, day).ok());
    years.min_by_key(|date| (date.duration_since(published).as_hours()).abs())
}

/// The last such weekday up to `published`; the next one after it where the text says so.
fn on_weekday(weekday: i8, next: bool, published: Date) -> Option<Date> {
    let own = published.weekday().to_monday_zero_offset();
    let days = if next {
        let ahead = i64::from((weekday - own).rem_euclid(7));
        if ahead == 0 { 7 } else { ahead }
    } else {
        -i64::from((own - weekday).rem_euclid(7))
    };
    published.checked_add(days.days()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_both_languages() {
        // A Friday.
        let published: Date = "2026-01-02".parse().unwrap();
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<String> = days(text, published).iter().map(Date::to_string).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("It flew on Wednesday; il volo di mercoledì", &["2025-12-31", "2025-12-31"]);
        check("on Friday, next Friday, venerdì prossimo", &["2026-01-02", "2026-01-09", "2026-01-09"]);
        check("oggi, ieri, tomorrow", &["2026-01-02", "2026-01-01", "2026-01-03"]);
        check("on 31 December and January 5", &["2025-12-31", "2026-01-05"]);
        check("il 31 dicembre, il 1º gennaio, 5 gen", &["2025-12-31", "2026-01-01", "2026-01-05"]);
        check("July 31st, 2018; 31 of July 2018; 31 luglio del 2018", &["2018-07-31"; 3]);
        check("It may 7.5 per cent; in March 2024; May 10:30", &[]);
        check("30 February, 0 March, 1999", &[]);
    }
}
