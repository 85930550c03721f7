//! Why there is no answer.

/// A request without an answer. Addresses stand in it without credentials and query.
#[derive(Debug, thiserror::Error)]
pub enum HttpError {
    /// The address cannot be asked at all.
    #[error("{url} is no address to fetch: {why}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        why: String,
    },
    /// The guard refuses the network address.
    #[error(
        "{url} leads to {address}, which is {why}; open it for this source or channel with `allow_networks` if that is meant"
    )]
    Refused {
        /// The address.
        url: String,
        /// The network address.
        address: String,
        /// Which kind it is.
        why: &'static str,
    },
    /// The name does not resolve.
    #[error("{url}: the host name does not resolve: {why}")]
    Dns {
        /// The address.
        url: String,
        /// The resolver's words.
        why: String,
    },
    /// No connection.
    #[error("{url}: cannot connect: {why}")]
    Connect {
        /// The address.
        url: String,
        /// The system's words.
        why: String,
    },
    /// The encryption failed.
    #[error("{url}: TLS failed: {why}")]
    Tls {
        /// The address.
        url: String,
        /// The library's words.
        why: String,
    },
    /// It took too long.
    #[error("{url}: no complete answer within {seconds} s")]
    Timeout {
        /// The address.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// The body is longer than allowed.
    #[error("{url}: the answer is longer than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// The limit, after decompression.
        limit: usize,
    },
    /// Redirects without end.
    #[error("{url}: more than {limit} redirects")]
    TooManyRedirects {
        /// The first address.
        url: String,
        /// The limit.
        limit: usize,
    },
    /// The answer is no HTTP, or broke off.
    #[error("{url}: the answer is broken: {why}")]
    Protocol {
        /// The address.
        url: String,
        /// The library's words.
        why: String,
    },
    /// The answer is not what was asked for, or cannot be kept.
    #[error("{url}: {why}")]
    Broken {
        /// The address.
        url: String,
        /// What is wrong.
        why: String,
    },
    /// The client could not be built.
    #[error("the HTTP client cannot be built: {0}")]
    Build(String),
}

impl HttpError {
    /// The kind, for counting.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::BadUrl { .. } => "bad-url",
            Self::Refused { .. } => "refused",
            Self::Dns { .. } => "dns",
            Self::Connect { .. } => "connect",
            Self::Tls { .. } => "tls",
            Self::Timeout { .. } => "timeout",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyRedirects { .. } => "redirects",
            Self::Protocol { .. } => "protocol",
            Self::Broken { .. } => "broken",
            Self::Build(_) => "build",
        }
    }

    /// Whether the same request may succeed later.
    pub fn retry(&self) -> bool {
        matches!(
            self,
            Self::Dns { .. }
                | Self::Connect { .. }
                | Self::Tls { .. }
                | Self::Timeout { .. }
                | Self::Protocol { .. }
        )
    }
}
