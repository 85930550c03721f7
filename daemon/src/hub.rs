//! Models from a hub in the manner of Hugging Face: which files, fetched with resume, checked before they count.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail, ensure};
use indicatif::{ProgressBar, ProgressStyle};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use vedetta_http::{Client, HttpError, Request};

/// Longest wait for one piece of a file.
const PATIENCE: Duration = Duration::from_secs(60);
/// Largest file that is taken: the largest models of the families that are loaded have 2.2 GB.
const MAX_FILE: u64 = 4 << 30;
/// Largest file without a checksum of its own: vocabularies are small.
const MAX_PLAIN: u64 = 64 << 20;
/// Tries of one file; each goes on where the last one broke off.
const TRIES: u32 = 4;
/// Written last: a folder without it is not whole.
const RECEIPT: &str = "vedetta-fetched.json";

/// Files that a model is made of, where its repository has them.
const WANTED: &[&str] = &[
    "config.json",
    "tokenizer_config.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "spiece.model",
];
/// The weights, the first that is there.
const WEIGHTS: &[&str] = &["model.safetensors", "rust_model.ot"];

/// What is fetched and to where.
#[derive(Debug, Clone)]
pub struct Order {
    /// `owner/name` on the hub.
    pub name: String,
    /// Branch, tag or commit.
    pub revision: String,
    /// The hub's address.
    pub hub: String,
    /// Folder in which models lie, one folder each.
    pub models: PathBuf,
}

/// What a fetched folder says of itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// `owner/name`.
    pub name: String,
    /// The commit that the files are of.
    pub commit: String,
    /// Where they came from.
    pub hub: String,
}

#[derive(Deserialize)]
struct Listing {
    sha: String,
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
    #[serde(default)]
    size: Option<u64>,
    #[serde(default)]
    lfs: Option<Lfs>,
}

#[derive(Deserialize)]
struct Lfs {
    sha256: String,
    size: u64,
}

/// The folder of a model by its hub name, under `models`.
pub fn folder(models: &Path, name: &str) -> PathBuf {
    models.join(name.replace('/', "--"))
}

/// Whether `name` can be a hub's: two parts of letters, digits, `-`, `_` and `.`, neither of dots alone.
pub fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        part.bytes().any(|b| b.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    name.split_once('/').is_some_and(|(owner, model)| part(owner) && part(model))
}

/// The receipts of the models under `models`, with their folders.
pub fn fetched(models: &Path) -> io::Result<Vec<(PathBuf, Receipt)>> {
    let mut found = Vec::new();
    let entries = match fs::read_dir(models) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        other => other?,
    };
    for entry in entries {
        let folder = entry?.path();
        if let Ok(text) = fs::read(folder.join(RECEIPT))
            && let Ok(receipt) = serde_json::from_slice(&text)
        {
            found.push((folder, receipt));
        }
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(found)
}

/// Fetches the model; what lies there already and is whole is not fetched again.
pub async fn fetch(client: &Client, order: &Order) -> anyhow::Result<PathBuf> {
    ensure!(
        is_name(&order.name),
        "{:?} is no name of a model; name it owner/name, as the hub does",
        order.name
    );
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    ensure!(order.revision.chars().all(plain), "{:?} is no branch, tag or commit", order.revision);
    let hub = order.hub.trim_end_matches('/');
    let listing = listing(client, hub, order).await?;
    let files = wanted(&listing, order)?;
    let folder = folder(&order.models, &order.name);
    fs::create_dir_all(&folder).with_context(|| {
        format!("cannot make {}; name a folder you may write with --to", folder.display())
    })?;
    // Until all files are there, the folder does not count.
    match fs::remove_file(folder.join(RECEIPT)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for file in files {
        let url = format!("{hub}/{}/resolve/{}/{}", order.name, listing.sha, file.rfilename);
        download(client, &url, &folder.join(&file.rfilename), file)
            .await
            .with_context(|| format!("{} was not fetched; run the command again to go on", file.rfilename))?;
    }
    let receipt = Receipt { name: order.name.clone(), commit: listing.sha, hub: hub.to_owned() };
    fs::write(folder.join(RECEIPT), serde_json::to_vec_pretty(&receipt)?)?;
    Ok(folder)
}

async fn listing(client: &Client, hub: &str, order: &Order) -> anyhow::Result<Listing> {
    let url = format!("{hub}/api/models/{}/revision/{}?blobs=true", order.name, order.revision);
    let answer = client.send(Request::get(&url)).await?;
    match answer.status {
        200 => {}
        401 | 403 | 404 => bail!(
            "the hub has no public model {} in revision {:?}; check both names",
            order.name,
            order.revision
        ),
        status => bail!("the hub answered {status}; try again later, or name another one with --hub"),
    }
    let listing: Listing = serde_json::from_slice(&answer.body)
        .context("the hub's list of files cannot be read; is --hub the address of a hub?")?;
    let commit = listing.sha.len() >= 7 && listing.sha.bytes().all(|b| b.is_ascii_hexdigit());
    ensure!(commit, "the hub names {:?} as the model's commit, which is none", listing.sha);
    Ok(listing)
}

/// The files to fetch: nothing but known names, so that no name leads out of the folder.
fn wanted<'a>(listing: &'a Listing, order: &Order) -> anyhow::Result<Vec<&'a Sibling>> {
    let find = |name: &&str| listing.siblings.iter().find(|file| file.rfilename == *name);
    let mut files: Vec<&Sibling> = WANTED.iter().filter_map(find).collect();
    ensure!(
        files.iter().any(|file| file.rfilename == "config.json"),
        "{} has no config.json; take a model for transformers",
        order.name
    );
    let weights = WEIGHTS.iter().find_map(find).with_context(|| {
        format!(
            "{} has neither {}; take a revision that has one (--revision)",
            order.name,
            WEIGHTS.join(" nor ")
        )
    })?;
    files.push(weights);
    Ok(files)
}

/// Gets one file through a `.part` beside it, which a later try goes on with.
async fn download(client: &Client, url: &str, to: &Path, file: &Sibling) -> anyhow::Result<()> {
    let size = file.lfs.as_ref().map(|lfs| lfs.size).or(file.size);
    let most = if file.lfs.is_some() { MAX_FILE } else { MAX_PLAIN };
    ensure!(
        size.unwrap_or(0) <= most,
        "it has {} bytes, more than the {most} that are taken",
        size.unwrap_or(0)
    );
    // A checksum of gigabytes is no work for an async thread.
    let checked = |path: &Path| tokio::task::block_in_place(|| check(path, file));
    if to.exists() && checked(to).is_ok() {
        return Ok(());
    }
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    let part = PathBuf::from(name);
    let bar = progress(size, &file.rfilename);
    let mut tries = 0;
    loop {
        match attempt(client, url, &part, most, &bar).await {
            Ok(()) => break,
            Err(error) => {
                tries += 1;
                let again = error.downcast_ref::<HttpError>().is_some_and(HttpError::retry);
                if !again || tries >= TRIES {
                    return Err(error);
                }
                tracing::warn!(file = %file.rfilename, tries, "the download broke off and goes on: {error}");
            }
        }
    }
    bar.finish_and_clear();
    if let Err(error) = checked(&part) {
        // A damaged part would be gone on with for ever.
        fs::remove_file(&part)?;
        return Err(error);
    }
    fs::rename(&part, to)?;
    Ok(())
}

async fn attempt(
    client: &Client,
    url: &str,
    part: &Path,
    most: u64,
    bar: &ProgressBar,
) -> anyhow::Result<()> {
    let have = fs::metadata(part).map_or(0, |meta| meta.len());
    let mut request = Request::get(url);
    request.timeout = Some(PATIENCE);
    request.max_body = usize::try_from(most)?;
    // The bytes as they lie there: a resumed stream cannot be decompressed.
    request = request.header("accept-encoding", "identity");
    if have > 0 {
        request = request.header("range", format!("bytes={have}-"));
    }
    let open = |append: bool| {
        let file = OpenOptions::new().create(true).append(append).write(true).truncate(!append).open(part);
        bar.set_position(if append { have } else { 0 });
        file.map(|file| Some(bar.wrap_write(file))).map_err(|error| format!("{}: {error}", part.display()))
    };
    client
        .stream(&request, |status, headers| {
            let goes_on = format!("bytes {have}-");
            match status {
                200 => open(false),
                206 if headers.get("content-range").is_some_and(|range| range.starts_with(&goes_on)) => {
                    open(true)
                }
                // Nothing is left to send.
                416 if have > 0 => Ok(None),
                _ => Err(format!("the hub answered {status}")),
            }
        })
        .await?;
    Ok(())
}

/// Size and checksum of a file against what the hub says of it.
fn check(path: &Path, file: &Sibling) -> anyhow::Result<()> {
    let size = fs::metadata(path)?.len();
    if let Some(want) = file.lfs.as_ref().map(|lfs| lfs.size).or(file.size) {
        ensure!(size == want, "{size} bytes came and the hub names {want}");
    }
    let Some(lfs) = &file.lfs else { return Ok(()) };
    let mut hasher = Sha256::new();
    let mut from = File::open(path)?;
    let mut block = vec![0; 1 << 20];
    loop {
        let n = from.read(&mut block)?;
        if n == 0 {
            break;
        }
        hasher.update(&block[..n]);
    }
    let sum: String = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    ensure!(
        sum.eq_ignore_ascii_case(&lfs.sha256),
        "the checksum is {sum} and the hub names {}: the file was damaged on its way or changed at the hub",
        lfs.sha256
    );
    Ok(())
}

fn progress(size: Option<u64>, name: &str) -> ProgressBar {
    let bar = size.map_or_else(ProgressBar::no_length, ProgressBar::new);
    let style = "{msg:24} {bar:32} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
    bar.set_style(ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(name.to_owned());
    bar
}
