//! Letter case, which an uncased vocabulary drops, as token type ids.
//!
//! The training defines the classes; this must give the same numbers.

/// Number of classes: a model whose `type_vocab_size` is this was trained with them.
pub(crate) const CLASSES: i64 = 4;

/// The case class of one word, from its original characters.
pub(crate) fn case_of(word: &str) -> i64 {
    let (mut upper, mut lower, mut lower_first) = (0, 0, false);
    for c in word.chars() {
        if c.is_numeric() {
            return 3;
        }
        if c.is_uppercase() {
            upper += 1;
        } else if c.is_lowercase() {
            lower_first |= upper == 0;
            lower += 1;
        }
    }
    match (upper, lower) {
        (0, _) => 0,
        (2.., 0) => 2,
        (1, _) if !lower_first => 1,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::case_of;

    #[test]
    fn classes() {
        for (word, class) in [
            ("", 0),
            ("—", 0),
            ("cina", 0),
            ("漢", 0),
            ("Cina", 1),
            ("A", 1),
            ("È", 1),
            ("SUPARCO", 2),
            ("ÈÉ", 2),
            ("McDonald", 3),
            ("iPhone", 3),
            ("PRSS1", 3),
            ("2018", 3),
            ("x²", 3),
            ("Ⅻ", 3),
        ] {
            assert_eq!(case_of(word), class, "{word:?}");
        }
    }
}
