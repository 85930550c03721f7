//! What every channel says of an alert, before it has the channel's markup.

use vedetta_domain::{Alert, AlertKind, Language, Passage, Telling};

/// Characters of a text that an alert quotes at most.
pub const QUOTE_MAX: usize = 300;
/// Other tellings that are named; the rest is counted.
const ALSO_MAX: usize = 5;
/// Characters of a new name.
const NAME_MAX: usize = 80;

/// The line that opens a message about several alerts, or about one.
pub fn headline(alerts: &[Alert]) -> String {
    match alerts {
        [] => "Vedetta".into(),
        [alert] => match alert.kind {
            AlertKind::New => alert.watch_title.clone(),
            AlertKind::Update => format!("{} (update)", alert.watch_title),
            AlertKind::Health => "Vedetta: health".into(),
        },
        [first, rest @ ..] if rest.iter().all(|a| a.watch == first.watch) => {
            format!("{}: {} alerts", first.watch_title, alerts.len())
        }
        _ => format!("Vedetta: {} alerts", alerts.len()),
    }
}

/// The alert's own title: the article's, or what failed.
pub fn title(alert: &Alert) -> String {
    match (&alert.telling, &alert.text) {
        (Some(telling), _) => one_line(&telling.title),
        (None, Some(text)) => one_line(text.lines().next().unwrap_or_default()),
        (None, None) => one_line(&alert.watch_title),
    }
}

/// Outlet, language and day.
pub fn origin(telling: &Telling) -> String {
    let mut parts = vec![one_line(&telling.source_name)];
    match telling.language {
        Language::English => parts.push("English".into()),
        Language::Italian => parts.push("Italian".into()),
        Language::Other => {}
    }
    if let Some(published) = telling.published {
        parts.push(published.strftime("%-d %B %Y").to_string());
    }
    parts.join(" · ")
}

/// The passage that made the watch alert.
pub fn deciding(alert: &Alert) -> Option<&Passage> {
    let together = alert.reasons.iter().find(|r| r.part == "together").and_then(|r| r.passage.as_ref());
    together.or_else(|| alert.reasons.iter().find_map(|r| r.passage.as_ref()))
}

/// The reasons in words: `china: Jiuquan, Cina`.
pub fn why(alert: &Alert) -> Vec<String> {
    let named = alert.reasons.iter().filter(|r| !r.matched.is_empty());
    named.map(|r| format!("{}: {}", r.part, telling_few(&r.matched).join(", "))).collect()
}

/// Matches named for one reason at most.
const MATCHES: usize = 4;

/// The shortest forms that say it all: `Lunga Marcia`, not `razzo Lunga Marcia` beside it.
fn telling_few(matched: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = matched.iter().map(|text| one_line(text)).collect();
    lines.sort_by_key(|line| line.chars().count());
    let mut few: Vec<String> = Vec::new();
    for line in lines {
        if few.len() < MATCHES && !few.iter().any(|known| line.to_lowercase().contains(&known.to_lowercase()))
        {
            few.push(line);
        }
    }
    few
}

/// New names that are told; the rest is in the JSON.
const NEW_NAMES: usize = 4;

/// The new names in words, those beside one known name together: `New near Suparco: SpaceChain, Acme`.
pub fn new_names(alert: &Alert) -> Vec<String> {
    let mut lines: Vec<(&str, Vec<String>)> = Vec::new();
    for name in alert.new_names.iter().take(NEW_NAMES) {
        let text = truncate(&one_line(&name.text), NAME_MAX);
        match lines.iter_mut().find(|(near, _)| *near == name.near_text) {
            Some((_, names)) => names.push(text),
            None => lines.push((&name.near_text, vec![text])),
        }
    }
    let line = |(near, names): (&str, Vec<String>)| {
        format!("New near {}: {}", truncate(&one_line(near), NAME_MAX), names.join(", "))
    };
    lines.into_iter().map(line).collect()
}

/// Who else tells it: outlets with addresses, and how many more there are.
pub fn also_in(alert: &Alert) -> (&[Telling], usize) {
    let shown = alert.also_in.len().min(ALSO_MAX);
    (&alert.also_in[..shown], alert.also_in.len() - shown)
}

/// One line, with single blanks.
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// At most `max` characters; what is cut ends in a mark.
pub fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_string();
    }
    let mut kept: String = text.chars().take(max.saturating_sub(1)).collect();
    kept.truncate(kept.trim_end().len());
    kept.push('…');
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn truncation_counts_characters_and_leaves_a_mark() {
        for (text, max, expected) in
            [("città", 5, "città"), ("città d’arte", 7, "città…"), ("èèèè", 3, "èè…")]
        {
            assert_eq!(truncate(text, max), expected);
        }
    }
}
