//! `vedetta try dedupe`: the ladder over texts, in order.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;
use vedetta_dedupe::{MemoryIndex, StoryTerms};
use vedetta_domain::{ItemId, SourceId, StoryId};

use super::{lines, tag::tag};
use crate::{ladder::recognise, worker::read::Reader};

/// Judges every line against all before it; `features`: with what the story comparison looks at.
pub fn run(reader: &Reader, features: bool) -> anyhow::Result<()> {
    let mut index = MemoryIndex::default();
    let mut ids: HashMap<ItemId, Value> = HashMap::new();
    let source = SourceId("try".into());
    lines::run(|batch| {
        let tagged = tag(reader, batch)?;
        let answers = batch.iter().zip(tagged).map(|(line, tagged)| match tagged {
            Err(error) => json!({ "id": line.id, "error": error }),
            Ok(tagged) => {
                // Texts without a date count as of one day.
                let (candidate, _) = recognise(&tagged, Timestamp::UNIX_EPOCH);
                let id = ItemId::new(&source, &ids.len().to_string());
                let shown = features.then(|| StoryTerms::of(&tagged, Timestamp::UNIX_EPOCH));
                let verdict = index.judge(id, candidate, StoryId(Uuid::now_v7()));
                ids.insert(id, line.id.clone());
                let mut answer = json!({
                    "id": line.id,
                    "verdict": verdict.rung,
                    "of": verdict.of.and_then(|of| ids.get(&of)),
                    "story": verdict.story,
                    "doubtful": verdict.doubtful,
                    "similarity": (f64::from(verdict.similarity) * 10_000.0).round() / 10_000.0,
                    "reasons": verdict.reasons,
                });
                if let Some(features) = shown {
                    answer["features"] = json!(features);
                }
                answer
            }
        });
        Ok(answers.collect())
    })
}
