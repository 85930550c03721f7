//! One guarded HTTP client for pages, feeds, webhooks and downloads. The only crate that names reqwest.
//!
//! Every hop is checked: the scheme, the address as written, and the addresses that its name resolves
//! to, at the moment of connecting. Bodies are counted after decompression, as they stream.

mod client;
mod error;
mod guard;
mod headers;
mod request;

pub use client::{Client, Lookup};
pub use error::HttpError;
pub use guard::{Guard, refusal};
pub use headers::{Headers, retry_after};
pub use request::{ClientConfig, Method, Request, Response};
