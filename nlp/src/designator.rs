//! Spellings of numbered names: PRSS-1 is also written PRSS 1, PRSS1, PRSS-01 and PRSS 01.

/// Other spellings of `normalised`, if it is letters followed by a number of one or two digits.
pub(crate) fn variants(normalised: &str) -> Vec<String> {
    let Some((stem, number, suffix)) = split(normalised) else { return Vec::new() };
    let mut out = Vec::new();
    for digits in [format!("{number}"), format!("{number:02}")] {
        for separator in ["", " ", "-"] {
            let variant = format!("{stem}{separator}{digits}{suffix}");
            if variant != normalised && !out.contains(&variant) {
                out.push(variant);
            }
        }
    }
    out
}

/// `prss-01a` into `prss`, 1 and `a`.
fn split(text: &str) -> Option<(&str, u32, &str)> {
    let body = text.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let suffix = &text[body.len()..];
    let stem = body.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &body[stem.len()..];
    let stem = stem.strip_suffix([' ', '-']).unwrap_or(stem);
    let letters = stem.chars().filter(|c| c.is_alphabetic()).count();
    let ends_well = stem.ends_with(char::is_alphabetic);
    if suffix.len() > 2 || !(1..=2).contains(&digits.len()) || letters < 2 || !ends_well {
        return None;
    }
    Some((stem, digits.parse().ok()?, suffix))
}

#[cfg(test)]
mod tests {
    use super::variants;

    #[test]
    fn spellings() {
        for (given, some, none) in [
            ("prss-1", &["prss 1", "prss1", "prss-01", "prss 01", "prss01"][..], &["prss-10"][..]),
            ("paksat-1r", &["paksat 1r", "paksat-01r"], &["paksat-1"]),
            ("chang'e 8", &["chang'e-8", "chang'e8"], &[]),
            ("long march-2c", &["long march 2c", "long march2c"], &[]),
        ] {
            let got = variants(given);
            assert!(some.iter().all(|v| got.iter().any(|g| g == v)), "{given}: {got:?}");
            assert!(none.iter().all(|v| got.iter().all(|g| g != v)), "{given}: {got:?}");
        }
        for plain in ["", "suparco", "f-1", "2018", "office 365", "1", "ab1234", "g7 summit"] {
            assert_eq!(variants(plain), Vec::<String>::new(), "{plain}");
        }
    }
}
