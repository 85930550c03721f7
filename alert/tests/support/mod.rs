//! A tagger for tests: plain search for the lexicon's names, so that watches can be tried without
//! the crates that tag in earnest.

use std::path::Path;

use serde::Deserialize;
use vedetta_alert::watch::{Watch, WatchConfig};
use vedetta_domain::{EntityId, EntityKind, Language, Mention, Origin, TaggedArticle};

#[derive(Deserialize)]
struct EntityFile {
    #[serde(default)]
    entity: Vec<EntityRow>,
}

#[derive(Deserialize)]
struct EntityRow {
    id: String,
    #[serde(default)]
    kind: Option<EntityKind>,
    #[serde(default)]
    name: toml::Table,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    adjectives: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
}

/// Forms of the lexicon with what they point at.
pub struct Tagger {
    forms: regex::Regex,
    rows: std::collections::HashMap<String, (String, EntityKind, Vec<String>, Origin)>,
}

impl Tagger {
    /// The shipped lexicon; an empty one where there is none yet.
    pub fn shipped() -> Self {
        let mut rows = std::collections::HashMap::new();
        let folder = root().join("config/entities");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if file.path().extension().is_none_or(|e| e != "toml") {
                continue;
            }
            let Ok(parsed) = toml::from_str::<EntityFile>(&std::fs::read_to_string(file.path()).unwrap())
            else {
                continue;
            };
            for row in parsed.entity {
                let names = row.name.values().filter_map(|v| v.as_str()).map(str::to_string);
                let sure = names.chain(row.aliases.iter().cloned()).map(|f| (f, Origin::Lexicon));
                let forms: Vec<_> =
                    sure.chain(row.adjectives.iter().cloned().map(|f| (f, Origin::Adjective))).collect();
                let kind = row.kind.unwrap_or(EntityKind::Misc);
                for (form, origin) in forms {
                    rows.insert(form.to_lowercase(), (row.id.clone(), kind, row.groups.clone(), origin));
                }
            }
        }
        let mut forms: Vec<_> = rows.keys().map(|f| regex::escape(f)).collect();
        forms.sort_by_key(|f| std::cmp::Reverse(f.len()));
        let pattern =
            if forms.is_empty() { r"[^\s\S]".into() } else { format!(r"(?i)\b(?:{})\b", forms.join("|")) };
        Self { forms: regex::RegexBuilder::new(&pattern).size_limit(1 << 28).build().unwrap(), rows }
    }

    /// Does what the worker does.
    pub fn tag(&self, title: Option<&str>, text: &str, language: &str) -> TaggedArticle {
        let mut tagged = TaggedArticle::default();
        tagged.article.title = title.map(str::to_string);
        tagged.article.text = text.to_string();
        tagged.language.language = match language {
            "it" => Language::Italian,
            "en" => Language::English,
            _ => Language::Other,
        };
        tagged.title_mentions = title.map(|t| self.mentions(t)).unwrap_or_default();
        tagged.mentions = self.mentions(text);
        tagged.sentences = sentences(text);
        tagged
    }

    fn mentions(&self, text: &str) -> Vec<Mention> {
        let found = self.forms.find_iter(text).filter_map(|m| {
            let (id, kind, groups, origin) = self.rows.get(&m.as_str().to_lowercase())?;
            Some(Mention {
                start: m.start(),
                end: m.end(),
                text: m.as_str().into(),
                kind: *kind,
                score: 1.0,
                origin: *origin,
                entity: Some(EntityId(id.clone())),
                groups: groups.clone(),
            })
        });
        found.collect()
    }
}

/// The workspace's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// A shipped watch.
pub fn watch(id: &str) -> Watch {
    let file = root().join(format!("config/watchlists/{id}.toml"));
    let config: WatchConfig = toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    Watch::compile(config).unwrap_or_else(|problems| panic!("{id}: {problems:#?}"))
}

fn sentences(text: &str) -> Vec<(usize, usize)> {
    let end = regex::Regex::new(r#"(?:[.!?…]["”»)]*\s+|\n+)"#).unwrap();
    let mut ranges = Vec::new();
    let mut from = 0;
    for m in end.find_iter(text) {
        let next = text[m.end()..].chars().next().unwrap_or('A');
        if !m.as_str().contains('\n') && (next.is_lowercase() || next.is_numeric() && m.as_str().len() == 1) {
            continue;
        }
        // One letter or a usual short form before the dot is no sentence's end.
        let before = text[from..m.start()].rsplit([' ', '\'', '’']).next().unwrap_or_default();
        if m.as_str().starts_with('.')
            && (before.chars().count() <= 1 || ["Dr", "Mr", "Gen", "No", "St"].contains(&before))
        {
            continue;
        }
        let stop = m.start() + m.as_str().trim_end().len();
        if !text[from..stop].trim().is_empty() {
            ranges.push((from, stop));
        }
        from = m.end();
    }
    if !text[from..].trim().is_empty() {
        ranges.push((from, text.len()));
    }
    ranges
}
