//! `vedetta try match`: which watches a text meets.

use jiff::Timestamp;
use serde_json::json;
use vedetta_alert::Context;
use vedetta_domain::SourceId;

use super::{
    lines,
    tag::{entities, tag},
};
use crate::{settings::Settings, worker::read::Reader};

/// Matches every line against every watch.
pub fn run(reader: &Reader, settings: &Settings) -> anyhow::Result<()> {
    lines::run(|batch| {
        let tagged = tag(reader, batch)?;
        let answers = batch.iter().zip(tagged).map(|(line, tagged)| match tagged {
            Err(error) => json!({ "id": line.id, "error": error }),
            Ok(tagged) => {
                let source = line.source.clone().and_then(|id| settings.source(&SourceId(id)));
                let context = Context { source, now: Timestamp::now() };
                let alerts: Vec<_> = settings
                    .watches
                    .iter()
                    .filter_map(|watch| watch.check(&tagged, &context).matched)
                    .map(|found| json!({ "watch": found.watch, "score": found.score, "reasons": found.reasons }))
                    .collect();
                json!({
                    "id": line.id,
                    "language": tagged.language.language,
                    "alerts": alerts,
                    "entities": entities(&tagged.article.text, &tagged.mentions),
                })
            }
        });
        Ok(answers.collect())
    })
}
