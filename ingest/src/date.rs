//! Dates as feeds and pages write them, English and Italian. What cannot be read is unknown.

use jiff::{SignedDuration, Timestamp, civil::Date, fmt::rfc2822, tz::TimeZone};

const MONTHS: &[(&str, i8)] = &[
    ("gen", 1),
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("mag", 5),
    ("may", 5),
    ("giu", 6),
    ("jun", 6),
    ("lug", 7),
    ("jul", 7),
    ("ago", 8),
    ("aug", 8),
    ("set", 9),
    ("sep", 9),
    ("ott", 10),
    ("oct", 10),
    ("nov", 11),
    ("dic", 12),
    ("dec", 12),
];

/// Reads a date; `None` for what cannot be read or lies more than a day ahead of `now`.
pub fn parse(text: &str, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    sane(machine(text).or_else(|| words(text))?, now)
}

/// [`precision`] of a time with its zone.
pub const MOST_PRECISE: u8 = 2;

/// How much a date says: 2 a time with its zone, 1 a time, 0 a day.
pub fn precision(text: &str) -> u8 {
    let Some((_, after)) = text.trim().split_once(':') else { return 0 };
    let zoned = after.contains(['+', '-', 'Z']) || after.ends_with("GMT") || after.ends_with("UTC");
    1 + u8::from(zoned)
}

/// A date that may be believed: not in the future, not before the web.
pub fn sane(at: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let oldest = Timestamp::from_second(631_152_000).ok()?;
    (at >= oldest && at <= now + SignedDuration::from_hours(24)).then_some(at)
}

fn machine(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    if let Ok(zoned) = rfc2822::parse(text) {
        return Some(zoned.timestamp());
    }
    // `2026-03-01T10:20:30+0100`, and local times without an offset, which are taken as UTC.
    let civil = text.get(..19).and_then(|head| head.replace(' ', "T").parse::<jiff::civil::DateTime>().ok());
    if let Some(civil) = civil {
        let offset = offset_s(text.get(19..).unwrap_or_default());
        let at = TimeZone::UTC.to_timestamp(civil).ok()?;
        return at.checked_sub(SignedDuration::from_secs(offset)).ok();
    }
    let minutes = text.get(..16).map(|head| format!("{}:00", head.replace(' ', "T")));
    if let Some(civil) = minutes.and_then(|text| text.parse::<jiff::civil::DateTime>().ok()) {
        return TimeZone::UTC.to_timestamp(civil).ok();
    }
    let date: Date = text.get(..10)?.parse().ok()?;
    midnight(date)
}

/// `+0100`, `+01:00`, after fractions of a second or not; 0 where there is none.
fn offset_s(text: &str) -> i64 {
    let Some(at) = text.find(['+', '-']) else { return 0 };
    let digits: String = text[at + 1..].chars().filter(char::is_ascii_digit).collect();
    let (Ok(hours), minutes) = (digits.get(..2).unwrap_or("x").parse::<i64>(), digits.get(2..4)) else {
        return 0;
    };
    let seconds = hours * 3600 + minutes.and_then(|m| m.parse::<i64>().ok()).unwrap_or(0) * 60;
    if text[at..].starts_with('-') { -seconds } else { seconds }
}

/// `23 novembre 2026`, `November 23, 2026`, `23/11/2026` (the day first, as Italy writes).
fn words(text: &str) -> Option<Timestamp> {
    let parts: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).map(str::to_lowercase).collect();
    for window in parts.windows(3) {
        let [a, b, c] = window else { continue };
        let Ok(year) = c.parse::<i16>() else { continue };
        if !(1990..2200).contains(&year) {
            continue;
        }
        let number = |text: &str| text.trim_end_matches(|c: char| c.is_alphabetic()).parse::<i8>().ok();
        let date = match (month(a), month(b)) {
            (None, Some(month)) => Date::new(year, month, number(a)?),
            (Some(month), None) => Date::new(year, month, number(b)?),
            (None, None) => match (number(a), number(b)) {
                (Some(day), Some(month)) => Date::new(year, month, day),
                _ => continue,
            },
            _ => continue,
        };
        if let Ok(date) = date {
            return midnight(date);
        }
    }
    None
}

fn month(word: &str) -> Option<i8> {
    let letters = word.chars().all(char::is_alphabetic) && word.chars().count() >= 3;
    MONTHS.iter().find(|(start, _)| letters && word.starts_with(start)).map(|(_, month)| *month)
}

fn midnight(date: Date) -> Option<Timestamp> {
    TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_people_and_machines_write_them() {
        let now: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        for (text, expected) in [
            ("2026-03-01T10:20:30Z", Some("2026-03-01T10:20:30Z")),
            ("2026-03-01T10:20:30+01:00", Some("2026-03-01T09:20:30Z")),
            ("2026-03-01T10:20:30+0100", Some("2026-03-01T09:20:30Z")),
            ("2026-03-01 10:20:30", Some("2026-03-01T10:20:30Z")),
            ("Sun, 01 Mar 2026 10:20:30 GMT", Some("2026-03-01T10:20:30Z")),
            ("2026-03-01 10:20", Some("2026-03-01T10:20:00Z")),
            ("2026-03-01", Some("2026-03-01T00:00:00Z")),
            ("lunedì 23 novembre 2026", Some("2026-11-23T00:00:00Z")),
            ("November 5th, 2026", Some("2026-11-05T00:00:00Z")),
            ("Pubblicato il 3/2/2026", Some("2026-02-03T00:00:00Z")),
            ("2031-01-01", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(parse(text, now), expected.map(|e| e.parse().unwrap()), "{text}");
        }
        for (text, expected) in [
            ("2026-03-01", 0),
            ("23 novembre 2026", 0),
            ("2026-03-01T10:20:30", 1),
            ("2026-03-01 10:20", 1),
            ("2026-03-01T10:20:30Z", 2),
            ("2026-03-01T10:20:30+0100", 2),
            ("Sun, 01 Mar 2026 10:20:30 GMT", 2),
        ] {
            assert_eq!(precision(text), expected, "{text}");
        }
    }
}
