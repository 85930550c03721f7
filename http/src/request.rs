//! What is asked for and what comes back.

use std::time::Duration;

use ipnet::IpNet;

use crate::Headers;

/// Settings of a client.
#[derive(Debug, Clone)]
pub struct ClientConfig {
    /// Who asks, unless a request says otherwise.
    pub user_agent: String,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest time for all hops and the body together.
    pub total_timeout: Duration,
    /// Whether private, loopback and link-local addresses may be asked.
    pub allow_private_networks: bool,
    /// Private networks that may be asked all the same.
    pub allow_networks: Vec<IpNet>,
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self {
            user_agent: concat!("Mozilla/5.0 (compatible; Vedetta/", env!("CARGO_PKG_VERSION"), ")").into(),
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            allow_private_networks: false,
            allow_networks: Vec::new(),
        }
    }
}

/// The methods that Vedetta uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Ask for a document.
    Get,
    /// Hand a message in.
    Post,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Absolute address.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// Body of a POST.
    pub body: Option<Vec<u8>>,
    /// Longest body of the answer, in bytes after decompression.
    pub max_body: usize,
    /// Private networks that this request may reach.
    pub allow_networks: Vec<IpNet>,
    /// Replaces the client's user agent.
    pub user_agent: Option<String>,
    /// Replaces the client's total time-out.
    pub timeout: Option<Duration>,
    /// Whether redirects are followed, at most ten.
    pub follow_redirects: bool,
}

impl Request {
    /// A GET with redirects and a cap of 15 MB.
    pub fn get(url: impl Into<String>) -> Self {
        Self {
            method: Method::Get,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            max_body: 15 << 20,
            allow_networks: Vec::new(),
            user_agent: None,
            timeout: None,
            follow_redirects: true,
        }
    }

    /// A POST without redirects; of the answer a megabyte is enough.
    pub fn post(url: impl Into<String>, body: Vec<u8>) -> Self {
        Self {
            method: Method::Post,
            body: Some(body),
            max_body: 1 << 20,
            follow_redirects: false,
            ..Self::get(url)
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// One answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Response {
    /// Address after redirects.
    pub url: String,
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: Headers,
    /// Decompressed body.
    pub body: Vec<u8>,
    /// Where the address has moved to, if every hop was permanent (301 or 308).
    pub moved: Option<String>,
}
