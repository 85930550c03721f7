//! What daemon and worker say over the pipe: `header length u32 | body length u32 | header | body`.
//!
//! The header is JSON; the body is the page's bytes, which would only swell in JSON.

use std::io::{self, Read, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use vedetta_config::ModelChoice;
use vedetta_domain::{Article, Entity, Feed, Page, PageRules, SourceKind, TaggedArticle};
use vedetta_ingest::Candidate;

/// A frame longer than this is a fault of the other end.
const MAX_FRAME: usize = 64 << 20;

/// The first thing a worker hears.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The lexicon's records.
    pub entities: Vec<Entity>,
    /// Which model to load.
    pub model: ModelChoice,
    /// Bound of the worker's private memory, in MB.
    pub memory_limit_mb: u64,
    /// Threads of the model.
    pub threads: u32,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "kebab-case")]
pub enum Job {
    /// Read a feed, a listing or a sitemap.
    Source {
        /// Which of them.
        kind: SourceKind,
        /// Where its bytes came from; the bytes are the frame's body.
        page: Page,
        /// Selectors of the source.
        rules: PageRules,
        /// The present time.
        now: Timestamp,
    },
    /// Find where a site's page says that its feed is.
    Candidates {
        /// Where its bytes came from; the bytes are the frame's body.
        page: Page,
    },
    /// Extract an article's page and tag it.
    Page {
        /// Where its bytes came from; the bytes are the frame's body.
        page: Page,
        /// Selectors of the source.
        rules: PageRules,
        /// What the feed said of it.
        announced: Announced,
        /// The present time.
        now: Timestamp,
    },
    /// Tag an article that is already text.
    Text {
        /// The article.
        article: Box<Article>,
        /// Language that its source declares.
        feed_language: Option<String>,
    },
}

/// What a feed said of an article: it stands in where the page has none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Announced {
    /// Language of the source.
    pub language: Option<String>,
    /// Title.
    pub title: Option<String>,
    /// Date.
    pub published: Option<Timestamp>,
    /// Content as HTML, or the summary as text.
    pub content: Option<String>,
}

/// What a worker answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// It stands ready; the first answer of every worker.
    Ready {
        /// The model's id; `None`: the lexicon works alone.
        model: Option<String>,
        /// Why there is no model though one was asked for.
        problem: Option<String>,
        /// What the kernel could not forbid, in words.
        unguarded: Vec<String>,
    },
    /// To [`Job::Source`].
    Feed(Feed),
    /// To [`Job::Candidates`], best first.
    Candidates {
        /// Addresses.
        candidates: Vec<Candidate>,
    },
    /// To [`Job::Page`] and [`Job::Text`].
    Tagged(Box<TaggedArticle>),
    /// The bytes are not what they should be; the worker is well.
    Refused {
        /// Kind of failure, for counting.
        kind: String,
        /// What failed and why.
        error: String,
    },
}

/// A job or an answer with the number that joins them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Numbered<T> {
    /// Number of the job.
    pub id: u64,
    /// Job or answer.
    #[serde(flatten)]
    pub what: T,
}

/// The frame of `header` and `body`.
pub fn encode<T: Serialize>(header: &T, body: &[u8]) -> io::Result<Vec<u8>> {
    let header = serde_json::to_vec(header)?;
    let too_long = || io::Error::other("frame is too long");
    let lengths = [header.len(), body.len()].map(|n| u32::try_from(n).ok().filter(|_| n <= MAX_FRAME));
    let mut frame = Vec::with_capacity(8 + header.len() + body.len());
    for length in lengths {
        frame.extend_from_slice(&length.ok_or_else(too_long)?.to_le_bytes());
    }
    frame.extend_from_slice(&header);
    frame.extend_from_slice(body);
    Ok(frame)
}

/// The lengths of header and body that stand at a frame's start.
pub fn lengths(head: [u8; 8]) -> io::Result<(usize, usize)> {
    let [a, b, c, d, e, f, g, h] = head;
    let lengths = [u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])].map(|n| n as usize);
    if lengths.iter().any(|&n| n > MAX_FRAME) {
        return Err(io::Error::other("frame is longer than allowed"));
    }
    Ok((lengths[0], lengths[1]))
}

/// Writes one frame and flushes.
pub fn write<T: Serialize>(to: &mut impl Write, header: &T, body: &[u8]) -> io::Result<()> {
    to.write_all(&encode(header, body)?)?;
    to.flush()
}

/// Reads one frame; `None` when the other end closed between two frames.
pub fn read<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<(T, Vec<u8>)>> {
    let mut head = [0; 8];
    if let Err(error) = from.read_exact(&mut head) {
        return if error.kind() == io::ErrorKind::UnexpectedEof { Ok(None) } else { Err(error) };
    }
    let (header, body) = lengths(head)?;
    let mut bytes = vec![0; header + body];
    from.read_exact(&mut bytes)?;
    let body = bytes.split_off(header);
    Ok(Some((serde_json::from_slice(&bytes)?, body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_survive_and_nonsense_is_refused() {
        let job = Job::Page {
            page: Page { url: "https://example.org/".into(), ..Page::default() },
            rules: PageRules::default(),
            announced: Announced::default(),
            now: Timestamp::UNIX_EPOCH,
        };
        let frame = encode(&Numbered { id: 7, what: job.clone() }, b"\0\xff body").unwrap();
        let mut from = frame.as_slice();
        let (read_back, body) = read::<Numbered<Job>>(&mut from).unwrap().unwrap();
        assert_eq!((read_back.id, read_back.what, body.as_slice()), (7, job, b"\0\xff body".as_slice()));
        assert!(read::<Numbered<Job>>(&mut from).unwrap().is_none(), "the end is no error");
        assert!(read::<Numbered<Job>>(&mut &frame[..20]).is_err(), "a cut frame is");
        assert!(read::<Numbered<Job>>(&mut [0xff; 64].as_slice()).is_err());
    }
}
