//! Why there is no page, and why a page is no feed and no article.

use std::time::Duration;

use vedetta_http::HttpError;

/// When the same request is worth another try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Not before this wait, as the server asked.
    After(Duration),
    /// By our own schedule.
    Later,
    /// The answer will not change by itself.
    Never,
}

/// A page or feed that could not be had.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// No answer.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// An answer that is none.
    #[error("{url} answered {status}")]
    Status {
        /// The address.
        url: String,
        /// HTTP status.
        status: u16,
        /// What the server asks to wait.
        retry_after: Option<Duration>,
    },
    /// robots.txt forbids it.
    #[error("{url} is closed to robots by the site's robots.txt; it is left alone")]
    Robots {
        /// The address.
        url: String,
    },
    /// robots.txt itself cannot be had, so nothing is known.
    #[error("{url} is not fetched now: robots.txt of its site cannot be had ({why})")]
    RobotsUnknown {
        /// The address.
        url: String,
        /// Why not.
        why: String,
    },
    /// The publisher reserves text and data mining.
    #[error("{url} is under a text-and-data-mining reservation ({by}); it is left alone")]
    Tdm {
        /// The address.
        url: String,
        /// Header, meta element or tdmrep.json.
        by: &'static str,
    },
    /// A bot wall.
    #[error("{url} is behind a bot wall ({by}); ask the publisher for access, or take the source out")]
    BotWall {
        /// The address.
        url: String,
        /// What gave it away.
        by: &'static str,
    },
    /// The host failed a moment ago and rests.
    #[error("{host} is left alone until it has rested: its last connection failed")]
    HostDown {
        /// The host.
        host: String,
        /// How long it still rests.
        rest: Duration,
    },
}

impl FetchError {
    /// The kind, for counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http(error) => error.kind(),
            Self::Status { status: 429, .. } => "too-many-requests",
            Self::Status { status: 400..=499, .. } => "client-error",
            Self::Status { .. } => "server-error",
            Self::Robots { .. } => "robots",
            Self::RobotsUnknown { .. } => "robots-unknown",
            Self::Tdm { .. } => "tdm",
            Self::BotWall { .. } => "bot-wall",
            Self::HostDown { .. } => "host-down",
        }
    }

    /// When to try again.
    pub fn retry(&self) -> Retry {
        match self {
            Self::Http(error) if error.retry() => Retry::Later,
            Self::Status { status: 408 | 425 | 429 | 500..=599, retry_after, .. } => {
                retry_after.map_or(Retry::Later, Retry::After)
            }
            Self::RobotsUnknown { .. } => Retry::Later,
            Self::HostDown { rest, .. } => Retry::After(*rest),
            _ => Retry::Never,
        }
    }
}

/// Bytes that are not what they should be.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// HTML where a feed was asked for.
    #[error("{url} answers with an HTML page, not a feed; use the site's feed address, or a listing source")]
    HtmlForFeed {
        /// The address.
        url: String,
    },
    /// No feed, even after repair.
    #[error("{url} is no feed that can be read: {why}; look at it with `vedetta try feed`")]
    NotAFeed {
        /// The address.
        url: String,
        /// The parser's words.
        why: String,
    },
    /// No bytes.
    #[error("{url} answers with an empty body")]
    Empty {
        /// The address.
        url: String,
    },
    /// Elements nested beyond reason.
    #[error("{url} nests more than {limit} elements; it is not read")]
    TooDeep {
        /// The address.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// No article in it.
    #[error("{url} holds no article: {why}; if a reader sees one, set `page.body` for its source")]
    NoArticle {
        /// The address.
        url: String,
        /// What was found instead.
        why: String,
    },
    /// A selector of the configuration does not parse.
    #[error("selector {selector:?} of the source is not valid CSS; mend it in the source's `page` table")]
    Selector {
        /// The selector.
        selector: String,
    },
}

impl ReadError {
    /// The kind, for counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::HtmlForFeed { .. } => "html-for-feed",
            Self::NotAFeed { .. } => "not-a-feed",
            Self::Empty { .. } => "empty",
            Self::TooDeep { .. } => "too-deep",
            Self::NoArticle { .. } => "no-article",
            Self::Selector { .. } => "selector",
        }
    }
}
