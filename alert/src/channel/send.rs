//! One try to hand a message over.

use jiff::Timestamp;
use vedetta_domain::Message;
use vedetta_http::{Client, HttpError, Request};

use super::delivery::judge;
use super::{Channel, DeliveryError, Retry};

/// Of an answer no more than this is read: it is looked at for a wait only.
const ANSWER_MAX: usize = 64 * 1024;

pub(super) async fn send(
    channel: &Channel,
    client: &Client,
    message: &Message,
    headers: Vec<(String, String)>,
    now: Timestamp,
) -> Result<(), DeliveryError> {
    let mut request = Request::post(channel.address.expose(), message.body.clone().into_bytes());
    request.headers = headers;
    request.headers.push(("Content-Type".into(), message.content_type.clone()));
    request.max_body = ANSWER_MAX;
    request.allow_networks = channel.config.allow_networks.clone();
    request.follow_redirects = false;
    let answer = client.send(request).await.map_err(|error| unreached(channel, &error))?;
    let header = |name: &str| answer.headers.get(name).map(str::to_string);
    judge(channel.name(), answer.status, header, &answer.body, now)
}

/// The client's words name the address, and a chat's address is a secret: only the kind is kept.
fn unreached(channel: &Channel, error: &HttpError) -> DeliveryError {
    let why = match error {
        HttpError::Refused { address, why, .. } => {
            format!("{address} is {why}; open it for this channel with `allow_networks` if that is meant")
        }
        other => other.kind().to_string(),
    };
    // Too long an answer came after the message had arrived: sending it again would repeat it.
    let retry = if error.retry() { Retry::Backoff } else { Retry::Never };
    DeliveryError::Unreached { channel: channel.name().to_string(), why, retry }
}
