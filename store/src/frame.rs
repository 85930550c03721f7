//! One record on disk: `length u32 | crc32 u32 | codec u8 | payload`, little endian.
//!
//! The checksum covers codec and payload; the length counts them. A frame that is cut short or
//! does not sum is where a torn tail begins.

/// A frame longer than this is damage, not data.
pub const MAX: usize = 64 << 20;

/// Payloads longer than this are compressed.
const COMPRESS_FROM: usize = 512;

const PLAIN: u8 = 0;
const ZSTD: u8 = 1;

/// Why bytes are not a frame.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// The bytes end inside the frame.
    Short,
    /// Length, checksum or codec is wrong.
    Damaged,
}

/// Appends `payload` to `out` as one frame.
pub fn encode(payload: &[u8], out: &mut Vec<u8>) {
    let packed = if payload.len() > COMPRESS_FROM { zstd::bulk::compress(payload, 3).ok() } else { None };
    let (codec, body) = match &packed {
        Some(packed) => (ZSTD, packed.as_slice()),
        None => (PLAIN, payload),
    };
    let mut sum = crc32fast::Hasher::new();
    sum.update(&[codec]);
    sum.update(body);
    out.extend_from_slice(&(body.len() as u32 + 1).to_le_bytes());
    out.extend_from_slice(&sum.finalize().to_le_bytes());
    out.push(codec);
    out.extend_from_slice(body);
}

/// Reads the frame at the start of `bytes`: its payload and how many bytes it takes.
pub fn decode(bytes: &[u8]) -> Result<(Vec<u8>, usize), Broken> {
    let (Some(length), Some(sum)) = (word(bytes, 0), word(bytes, 4)) else {
        return Err(Broken::Short);
    };
    let length = length as usize;
    if length == 0 || length > MAX {
        return Err(Broken::Damaged);
    }
    let Some(body) = bytes.get(8..8 + length) else {
        return Err(Broken::Short);
    };
    if crc32fast::hash(body) != sum {
        return Err(Broken::Damaged);
    }
    let payload = match body[0] {
        PLAIN => body[1..].to_vec(),
        ZSTD => zstd::bulk::decompress(&body[1..], MAX).map_err(|_| Broken::Damaged)?,
        _ => return Err(Broken::Damaged),
    };
    Ok((payload, 8 + length))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let word: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(u32::from_le_bytes(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_and_damage_is_seen() {
        for payload in [b"{}".to_vec(), vec![7; 100_000], (0..=255).cycle().take(5000).collect()] {
            let mut bytes = Vec::new();
            encode(&payload, &mut bytes);
            assert_eq!(decode(&bytes), Ok((payload, bytes.len())));
            assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(Broken::Short));
            for at in 4..bytes.len().min(40) {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                assert_eq!(decode(&bad), Err(Broken::Damaged), "bit flipped in byte {at}");
            }
        }
        assert_eq!(decode(&[0; 64]), Err(Broken::Damaged), "a tail of zeros is no frame");
    }
}
