//! Input of the commands for people: a file, standard input or an address.

use std::io::Read;

use anyhow::Context;
use vedetta_domain::Page;
use vedetta_http::{Client, Request};

use crate::settings::Settings;

/// Longest file that is read: what a page may have, and some.
const MAX: u64 = 16 << 20;

/// Whether `input` is an address.
pub fn is_url(input: &str) -> bool {
    input.starts_with("http://") || input.starts_with("https://")
}

/// Reads `input`; `base` is the address that a file stands for.
pub fn read(input: &str, base: Option<&str>, settings: &Settings) -> anyhow::Result<Page> {
    if is_url(input) {
        return tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?
            .block_on(get(input, settings));
    }
    file(input, base)
}

/// Gets an address with the daemon's guarded client.
pub async fn get(url: &str, settings: &Settings) -> anyhow::Result<Page> {
    let client = Client::new(settings.config.fetch_client())?;
    let response = client.send(Request::get(url)).await?;
    anyhow::ensure!(response.status == 200, "{url} answered {}", response.status);
    Ok(Page {
        url: response.url,
        content_type: response.headers.get("content-type").map(ToOwned::to_owned),
        content_language: response.headers.get("content-language").map(ToOwned::to_owned),
        body: response.body,
    })
}

/// Reads a file or standard input (`-`), up to a bound.
pub fn file(input: &str, base: Option<&str>) -> anyhow::Result<Page> {
    let mut body = Vec::new();
    let read = if input == "-" {
        std::io::stdin().take(MAX).read_to_end(&mut body)
    } else {
        let file = std::fs::File::open(input).with_context(|| {
            format!("cannot open {input}; name a file, an address, or - for standard input")
        })?;
        file.take(MAX).read_to_end(&mut body)
    };
    read.with_context(|| format!("cannot read {input}"))?;
    let url = base.map_or_else(|| format!("file:///{}", input.trim_start_matches('/')), ToOwned::to_owned);
    Ok(Page { url, body, ..Page::default() })
}
