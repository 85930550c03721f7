//! Bytes that came from the network.

use serde::{Deserialize, Serialize};

/// One fetched document, not yet looked into.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Page {
    /// Address after redirects.
    pub url: String,
    /// `Content-Type` header, untouched.
    pub content_type: Option<String>,
    /// `Content-Language` header, untouched.
    pub content_language: Option<String>,
    /// Decompressed body. Left out of JSON: it travels beside it as raw bytes.
    #[serde(skip)]
    pub body: Vec<u8>,
}
