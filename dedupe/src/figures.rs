//! Figures in a text: what tells two reports in one template apart.

/// Figures in the order of the text, without separators of thousands: `1,250` and `1.250` are `1250`.
pub fn figures(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let mut figure = String::new();
        while at < chars.len() {
            let (here, next) = (chars[at], chars.get(at + 1).copied().unwrap_or(' '));
            if here.is_ascii_digit() {
                figure.push(here);
            } else if matches!(here, '.' | ',') && next.is_ascii_digit() {
                // Three digits after it: thousands; anything else: decimals, written with a point.
                let run = chars[at + 1..].iter().take_while(|c| c.is_ascii_digit()).count();
                if run != 3 {
                    figure.push('.');
                }
            } else {
                break;
            }
            at += 1;
        }
        let trimmed = figure.trim_start_matches('0');
        found.push(if trimmed.is_empty() { "0".into() } else { trimmed.to_owned() });
    }
    found
}

#[cfg(test)]
mod tests {
    #[test]
    fn figures_are_read_in_both_notations() {
        for (text, expected) in [
            ("1,250 tonnes at 3.5 %", vec!["1250", "3.5"]),
            ("1.250 tonnellate al 3,5 %", vec!["1250", "3.5"]),
            ("PRSS-01 on 31 July 2025.", vec!["1", "31", "2025"]),
            ("none", vec![]),
        ] {
            assert_eq!(super::figures(text), expected, "{text}");
        }
    }
}
