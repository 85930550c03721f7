//! One binary for all tests of the crate's public face.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may fail; clippy knows that only of #[test] functions"
)]

mod families;
mod golden;
mod language;
mod lexicon;
mod model;
mod sentence;
mod shipped;
mod tagger;

use std::sync::{Mutex, MutexGuard, OnceLock};

use vedetta_domain::{Entity, EntityId, EntityKind};
use vedetta_nlp::{NerModel, Precision};

/// The built-in model, loaded once; tensors are not `Sync`, hence the lock.
fn model() -> MutexGuard<'static, NerModel> {
    static MODEL: OnceLock<Mutex<NerModel>> = OnceLock::new();
    let lock = MODEL.get_or_init(|| Mutex::new(NerModel::builtin(Precision::F32).unwrap()));
    lock.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A record in short: `id`, kind, `a|b` aliases, `a|b` ambiguous, `a|b` adjectives, `a b` groups.
fn entity(
    id: &str,
    kind: EntityKind,
    aliases: &str,
    ambiguous: &str,
    adjectives: &str,
    groups: &str,
) -> Entity {
    let list = |text: &str| text.split('|').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    Entity {
        id: EntityId(id.into()),
        kind,
        name: id.into(),
        aliases: list(aliases),
        ambiguous: list(ambiguous),
        adjectives: list(adjectives),
        groups: groups.split_whitespace().map(str::to_owned).collect(),
        part_of: None,
    }
}

/// A few records around China and Pakistan in space.
fn entities() -> Vec<Entity> {
    use EntityKind::{Loc, Misc, Org};
    let mut sast = entity(
        "sast",
        Org,
        "Shanghai Academy of Spaceflight Technology|Accademia di Shanghai per la tecnologia del volo spaziale",
        "SAST",
        "",
        "china space",
    );
    sast.part_of = Some(EntityId("casc".into()));
    vec![
        entity("china", Loc, "China|Cina|Pechino", "", "Chinese|cinese|cinesi|Sino-Pakistani", "china"),
        entity(
            "pakistan",
            Loc,
            "Pakistan|Islamabad",
            "",
            "Sino-Pakistani|Pakistani|pakistano|pakistana|pakistani|pakistane",
            "pakistan",
        ),
        entity(
            "suparco",
            Org,
            "SUPARCO|Space and Upper Atmosphere Research Commission|Commissione per la ricerca spaziale e nell'alta atmosfera",
            "",
            "",
            "pakistan space",
        ),
        entity("casc", Org, "China Aerospace Science and Technology Corporation", "CASC", "", "china space"),
        sast,
        entity("cast", Org, "China Academy of Space Technology", "CAST", "", "china space"),
        entity("ist", Org, "Institute of Space Technology", "IST", "", "pakistan space"),
        entity("prss-1", Misc, "PRSS-1|Pakistan Remote Sensing Satellite", "", "", "pakistan space"),
        entity("long-march", Misc, "Long March 2C", "Long March|Lunga Marcia", "", "china space"),
        entity("jiuquan", Loc, "Jiuquan|Jiuquan Satellite Launch Centre", "", "", "china space"),
    ]
}
