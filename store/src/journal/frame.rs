//! One record on disk: `length u32 | crc32 u32 | codec u8 | payload`, little endian.
//!
//! The checksum covers codec and payload; the length counts them. A frame that is cut short or
//! does not sum is where a torn tail begins.

/// A frame longer than this is damage, not data.
pub const MAX: usize = 64 << 20;

/// Bytes before a frame's codec.
pub const HEAD: usize = 8;

/// The payload as it is.
const PLAIN: u8 = 0;
/// The payload compressed by itself: written by versions that did not seal their segments.
const ZSTD: u8 = 1;
/// No record: fills the room of one that was forgotten.
const FILLER: u8 = 2;

/// Set in the codec of the first frame under an fsync: what stands before it was durable when it was written.
const FIRST: u8 = 0x80;

/// The first bytes of every payload, and of every zstd frame: what a search for the next record looks for.
const OPENING: &[u8] = b"{\"v\":";
const ZSTD_MAGIC: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];

/// Why bytes are not a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Broken {
    /// The bytes end inside the frame.
    Short,
    /// Length, checksum or codec is wrong.
    Damaged,
}

/// A frame as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The record; `None` for a filler.
    pub payload: Option<Vec<u8>>,
    /// Bytes that it takes.
    pub taken: usize,
    /// Whether it was the first under its fsync.
    pub first: bool,
}

/// Appends `payload` to `out` as one frame; `first`: an fsync came before it.
pub fn encode(payload: &[u8], first: bool, out: &mut Vec<u8>) {
    coded(if first { PLAIN | FIRST } else { PLAIN }, payload, out);
}

/// Appends a frame without a record that is `bytes` long, head and codec included.
///
/// `bytes` is at least `HEAD + 1`.
pub fn fill(bytes: usize, out: &mut Vec<u8>) {
    coded(FILLER, &vec![b' '; bytes.saturating_sub(HEAD + 1)], out);
}

/// Puts another payload of the same length into the frame at `at`; `None` where that cannot be.
pub fn replace(bytes: &mut [u8], at: usize, payload: &[u8]) -> Option<()> {
    let codec = *bytes.get(at + HEAD)?;
    let length = word(bytes.get(at..)?, 0)? as usize;
    if codec & !FIRST != PLAIN || length != payload.len() + 1 {
        return None;
    }
    let mut frame = Vec::with_capacity(HEAD + length);
    coded(codec, payload, &mut frame);
    bytes.get_mut(at..at + frame.len())?.copy_from_slice(&frame);
    Some(())
}

fn coded(codec: u8, body: &[u8], out: &mut Vec<u8>) {
    let mut sum = crc32fast::Hasher::new();
    sum.update(&[codec]);
    sum.update(body);
    out.extend_from_slice(&(body.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(&sum.finalize().to_le_bytes());
    out.push(codec);
    out.extend_from_slice(body);
}

/// Reads the frame at the start of `bytes`.
pub fn decode(bytes: &[u8]) -> Result<Frame, Broken> {
    let (Some(length), Some(sum)) = (word(bytes, 0), word(bytes, 4)) else {
        return Err(Broken::Short);
    };
    let length = length as usize;
    if length == 0 || length > MAX {
        return Err(Broken::Damaged);
    }
    let Some(body) = bytes.get(HEAD..HEAD + length) else {
        return Err(Broken::Short);
    };
    if crc32fast::hash(body) != sum {
        return Err(Broken::Damaged);
    }
    let payload = match body[0] & !FIRST {
        PLAIN => Some(body[1..].to_vec()),
        ZSTD => Some(zstd::bulk::decompress(&body[1..], MAX).map_err(|_| Broken::Damaged)?),
        FILLER => None,
        _ => return Err(Broken::Damaged),
    };
    Ok(Frame { payload, taken: HEAD + length, first: body[0] & FIRST != 0 })
}

/// Length of the frame at the start of `bytes`, as it says itself.
pub fn length(bytes: &[u8]) -> Option<usize> {
    word(bytes, 0)
        .map(|length| HEAD + length as usize)
        .filter(|length| (HEAD + 1..=HEAD + MAX).contains(length))
}

/// Whether a frame may begin here: cheap to say no, for a search through damage.
pub fn may_begin(bytes: &[u8]) -> bool {
    length(bytes).is_some()
        && match bytes.get(HEAD).map(|codec| codec & !FIRST) {
            Some(PLAIN) => bytes[HEAD + 1..].starts_with(OPENING),
            Some(ZSTD) => bytes[HEAD + 1..].starts_with(ZSTD_MAGIC),
            _ => false,
        }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], payload: Option<Vec<u8>>, first: bool) {
        assert_eq!(decode(bytes), Ok(Frame { payload, taken: bytes.len(), first }));
        assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(Broken::Short));
        for at in 4..bytes.len().min(40) {
            let mut bad = bytes.to_vec();
            bad[at] ^= 1;
            assert_eq!(decode(&bad), Err(Broken::Damaged), "bit flipped in byte {at}");
        }
    }

    #[test]
    fn a_frame_survives_and_damage_is_seen() {
        for payload in [b"{}".to_vec(), vec![7; 100_000], (0..=255).cycle().take(5000).collect()] {
            let mut bytes = Vec::new();
            encode(&payload, true, &mut bytes);
            check(&bytes, Some(payload.clone()), true);
            let mut packed = Vec::new();
            coded(ZSTD, &zstd::bulk::compress(&payload, 3).unwrap(), &mut packed);
            check(&packed, Some(payload), false);
        }
        let mut bytes = b"before".to_vec();
        encode(b"a secret", true, &mut bytes);
        assert_eq!(replace(&mut bytes, 6, b"longer than it"), None);
        replace(&mut bytes, 6, b"nothing ").unwrap();
        check(&bytes[6..], Some(b"nothing ".to_vec()), true);
        for length in [HEAD + 1, HEAD + 2, 500] {
            let mut bytes = Vec::new();
            fill(length, &mut bytes);
            assert_eq!(bytes.len(), length);
            check(&bytes, None, false);
        }
        assert_eq!(decode(&[0; 64]), Err(Broken::Damaged), "a tail of zeros is no frame");
    }
}
