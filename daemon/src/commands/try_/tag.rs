//! `vedetta try tag`: language and entities of texts.

use serde_json::{Value, json};
use vedetta_domain::{Mention, Origin, TaggedArticle};

use super::lines::{self, Line};
use crate::worker::read::Reader;

/// Tags every line.
pub fn run(reader: &Reader) -> anyhow::Result<()> {
    lines::run(|batch| {
        let tagged = tag(reader, batch)?;
        Ok(batch.iter().zip(tagged).map(|(line, tagged)| answer(line, &tagged)).collect())
    })
}

/// The batch's texts, tagged; where the batch fails, one by one, so that one text costs one answer.
pub fn tag(reader: &Reader, batch: &[Line]) -> anyhow::Result<Vec<Result<TaggedArticle, String>>> {
    if let Ok(tagged) = reader.tagger().tag(batch.iter().map(Line::article).collect()) {
        return Ok(tagged.into_iter().map(Ok).collect());
    }
    Ok(batch
        .iter()
        .map(|line| match reader.tagger().tag(vec![line.article()]) {
            Ok(mut tagged) => tagged.pop().ok_or_else(|| "the tagger gave no answer".to_owned()),
            Err(error) => Err(error.to_string()),
        })
        .collect())
}

fn answer(line: &Line, tagged: &Result<TaggedArticle, String>) -> Value {
    match tagged {
        Ok(tagged) => json!({
            "id": line.id,
            "language": tagged.language.language,
            "entities": entities(&tagged.article.text, &tagged.mentions),
        }),
        Err(error) => json!({ "id": line.id, "error": error }),
    }
}

/// Names (no adjectives) with offsets in code points.
pub fn entities(text: &str, mentions: &[Mention]) -> Vec<Value> {
    let (mut at, mut points) = (0, 0);
    let mut found = Vec::new();
    for mention in mentions.iter().filter(|mention| mention.origin != Origin::Adjective) {
        // Mentions come by start and do not overlap: counting goes on from the last one.
        let before = text.get(at..mention.start).unwrap_or_default();
        let start = points + before.chars().count();
        let end = start + mention.text.chars().count();
        (at, points) = (mention.start, start);
        found.push(json!({
            "start": start, "end": end, "text": mention.text, "kind": mention.kind,
            "score": (f64::from(mention.score) * 10_000.0).round() / 10_000.0,
            "origin": mention.origin, "entity": mention.entity,
        }));
    }
    found
}
