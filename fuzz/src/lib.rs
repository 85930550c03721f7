//! What the fuzz targets share.

use std::sync::Once;

use jiff::Timestamp;
use vedetta_domain::Page;

/// Lets panics of other crates be: the readers catch them, and they count as "cannot be read". A panic of Vedetta's
/// own code ends the run, whether it is caught or not.
pub fn only_our_panics() {
    static SET: Once = Once::new();
    SET.call_once(|| {
        std::panic::set_hook(Box::new(|info| {
            let file = info.location().map_or("", |at| at.file());
            let ours = ["ingest/src", "dedupe/src", "domain/src", "fuzz_targets"]
                .iter()
                .any(|part| file.contains(part));
            if ours && !file.contains(".cargo") {
                eprintln!("{info}");
                std::process::abort();
            }
        }));
    });
}

/// A page of the web. The first line says its content type, if it looks like one.
pub fn page(data: &[u8]) -> Page {
    let (first, rest) = match data.iter().position(|byte| *byte == b'\n') {
        Some(end) if data[..end].starts_with(b"type:") => (&data[5..end], &data[end + 1..]),
        _ => (&b""[..], data),
    };
    Page {
        url: "https://example.org/studi/pagina".into(),
        content_type: (!first.is_empty()).then(|| String::from_utf8_lossy(first).trim().to_owned()),
        body: rest.to_vec(),
        ..Page::default()
    }
}

/// The time of all targets.
pub fn now() -> Timestamp {
    Timestamp::from_second(1_795_000_000).unwrap_or(Timestamp::UNIX_EPOCH)
}
