//! How large an `.xz` file unpacks, found without unpacking it.
//!
//! The decoder keeps a whole block in memory before it writes it, so the size has to be known before it
//! runs. The sizes in the index may lie; those in the LZMA2 chunk headers are what the decoder obeys.
//! Source: The .xz File Format 1.2.1, sections 2 and 3; the LZMA2 chunk header as in the Linux kernel's
//! documentation of its decoder.

/// Why the size could not be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum XzSizeError {
    /// The bytes end too early.
    CutOff,
    /// This is not an .xz file that is read here (one stream, LZMA2 alone).
    Unsupported,
}

/// The bytes that an `.xz` file of one stream unpacks to.
pub(super) fn unpacked_size(bytes: &[u8]) -> Result<u64, XzSizeError> {
    let check_length = match bytes.get(7).ok_or(XzSizeError::CutOff)? & 0x0F {
        0 => 0,
        1 => 4,
        4 => 8,
        10 => 32,
        _ => return Err(XzSizeError::Unsupported),
    };
    let (mut at, mut total) = (12, 0u64);
    loop {
        let header = *bytes.get(at).ok_or(XzSizeError::CutOff)?;
        if header == 0 {
            return Ok(total);
        }
        // The lowest two bits of the block flags are the number of filters less one.
        if bytes.get(at + 1).ok_or(XzSizeError::CutOff)? & 0x03 != 0 {
            return Err(XzSizeError::Unsupported);
        }
        let body = at + (usize::from(header) + 1) * 4;
        let (end, size) = walk_chunks(bytes, body)?;
        total += size;
        at = end + (4 - (end - body) % 4) % 4 + check_length;
    }
}

/// The position after the LZMA2 chunks that begin at `at`, and what they unpack to.
fn walk_chunks(bytes: &[u8], mut at: usize) -> Result<(usize, u64), XzSizeError> {
    let byte = |i: usize| bytes.get(i).map(|b| u64::from(*b)).ok_or(XzSizeError::CutOff);
    let mut total = 0;
    loop {
        let control = byte(at)?;
        match control {
            0 => return Ok((at + 1, total)),
            1 | 2 => {
                let size = (byte(at + 1)? << 8 | byte(at + 2)?) + 1;
                total += size;
                at += 3 + size as usize;
            }
            0x80.. => {
                total += ((control & 0x1F) << 16 | byte(at + 1)? << 8 | byte(at + 2)?) + 1;
                let packed = (byte(at + 3)? << 8 | byte(at + 4)?) + 1;
                at += 5 + usize::from(control >= 0xC0) + packed as usize;
            }
            _ => return Err(XzSizeError::Unsupported),
        }
    }
}
