//! A verdict and an alert for a terminal. For JSON, both serialise as they are.

use std::fmt::Write;

use vedetta_domain::Alert;

use crate::render;
use crate::watch::Verdict;

/// Columns of running text.
const WIDTH: usize = 96;

/// What a watch saw in an article and why it did or did not alert.
pub fn verdict(verdict: &Verdict) -> String {
    let mut out = String::new();
    let outcome = match (&verdict.matched, &verdict.vetoed, &verdict.skipped) {
        (Some(_), ..) => "ALERT".to_string(),
        (None, Some(veto), _) => format!("no alert: vetoed by {veto}"),
        (None, None, Some(why)) => format!("not looked at: {why}"),
        (None, None, None) => "no alert".to_string(),
    };
    let line = format!(
        "{}: {outcome} (score {:.2}, threshold {:.2})",
        verdict.watch, verdict.score, verdict.threshold
    );
    push(&mut out, &line);
    if let Some(passage) = &verdict.passage {
        let place = if passage.in_title { "title" } else { "text" };
        push(&mut out, &format!("  decided by the {place}, bytes {}–{}:", passage.start, passage.end));
        wrap(&mut out, &passage.text, "    │ ");
    }
    for part in &verdict.parts {
        let mark = if part.met { '+' } else { '·' };
        let matched = if part.met { part.matched.join(", ") } else { "not met".into() };
        push(&mut out, &format!("  {mark} {:<22} {:>+6.2}  {matched}", part.part, part.weight));
    }
    for miss in &verdict.misses {
        push(&mut out, &format!("  − {miss}"));
    }
    out
}

/// An alert as the chat would show it.
pub fn alert(alert: &Alert) -> String {
    let mut out = String::new();
    push(&mut out, &format!("━━ {}", render::headline(std::slice::from_ref(alert))));
    push(&mut out, &render::title(alert));
    match &alert.telling {
        Some(telling) => {
            push(&mut out, &render::origin(telling));
            push(&mut out, &telling.url);
        }
        None => alert.text.iter().for_each(|text| wrap(&mut out, text, "")),
    }
    if let Some(passage) = render::deciding(alert) {
        wrap(&mut out, &render::truncate(&passage.text, render::QUOTE_MAX), "  │ ");
    }
    let why = render::why(alert);
    if !why.is_empty() {
        wrap(&mut out, &format!("Why ({:.2}): {}", alert.score, why.join(" · ")), "");
    }
    render::new_names(alert).iter().for_each(|line| push(&mut out, line));
    let (shown, more) = render::also_in(alert);
    for telling in shown {
        push(&mut out, &format!("Also in {}: {}", render::one_line(&telling.source_name), telling.url));
    }
    if more > 0 {
        push(&mut out, &format!("and in {more} more"));
    }
    out
}

fn push(out: &mut String, line: &str) {
    // A page's control characters must not reach the terminal.
    let clean: String = line.chars().filter(|c| !c.is_control()).collect();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{}", clean.trim_end());
}

fn wrap(out: &mut String, text: &str, margin: &str) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
            push(out, &format!("{margin}{line}"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    push(out, &format!("{margin}{line}"));
}
