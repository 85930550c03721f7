//! The configuration of the demo and of tests: the shipped watches and lexicon, sources of our own.

use std::path::Path;

use anyhow::Context;

use super::{receiver::Receiver, site::Site};

/// Writes a configuration folder: two feeds of the main site, one of the aggregator, two channels.
pub fn write(dir: &Path, site: &Site, receiver: &Receiver) -> anyhow::Result<()> {
    let text = format!(
        r#"schema = 1

[general]
data_dir = "{data}"
shipped_sources = false
watches = ["china-pakistan-space"]

[politeness]
feed_gap_ms = 0
page_gap_ms = 0

[[channel]]
name = "chat"
kind = "slack"
url_file = "{slack}"
group_wait_s = 2
group_interval_s = 0
allow_networks = ["127.0.0.0/8"]

[[channel]]
name = "desk"
kind = "webhook"
url = "{chat}/webhook"
secret_file = "{secret}"
health = true
group_wait_s = 1
group_interval_s = 0
allow_networks = ["127.0.0.0/8"]
"#,
        data = dir.join("data").display(),
        chat = receiver.base(),
        slack = dir.join("slack-url").display(),
        secret = dir.join("secret").display(),
    );
    let source = |id: &str, name: &str, url: String, language: &str| {
        format!(
            "\n[[source]]\nid = \"{id}\"\nname = \"{name}\"\nsite = \"{url}\"\nfeed = \"{url}\"\n\
             language = \"{language}\"\ninterval_s = 1\nbackfill = true\n\
             allow_networks = [\"127.0.0.0/8\", \"::1/128\"]\n"
        )
    };
    let sources = format!(
        "schema = 1\n{}{}{}",
        source(
            "osservatorio-analysis",
            "Osservatorio Indo-Pacifico",
            site.url("/feeds/analysis.rss.xml"),
            "en"
        ),
        source(
            "osservatorio-notizie",
            "Osservatorio Indo-Pacifico (notizie)",
            site.url("/feeds/notizie.atom.xml"),
            "it"
        ),
        source("eurasia-wire", "Eurasia Wire", site.copy_url("/feeds/wire.rss.xml"), "en"),
    );
    std::fs::create_dir_all(dir.join("sources")).with_context(|| format!("cannot make {}", dir.display()))?;
    let files = [
        ("vedetta.toml", text),
        ("sources/sample.toml", sources),
        ("secret", super::receiver::SECRET.to_owned()),
        ("slack-url", format!("{}/slack", receiver.base())),
    ];
    for (name, text) in files {
        std::fs::write(dir.join(name), text).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}
