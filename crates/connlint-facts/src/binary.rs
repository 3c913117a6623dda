//! The binary form of facts, and the frame that makes bytes a file of its own.
//!
//! The form is postcard's: compact, fast to read, and derived from the types. It does not describe itself, so whatever
//! leaves the process is framed: a mark, [`FACTS_VERSION`], the hash of what follows, and that compressed. Bytes that were
//! cut or changed, or are something else, never get as far as the decoder. Who makes bytes on purpose gets there; decoding
//! them fails or yields facts that no parser made, and takes no more memory than a few times the largest frame.

use std::fmt;
use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::FACTS_VERSION;

/// What a file of facts begins with.
const MARK: &[u8; 15] = b"connlint facts\n";
/// Largest content of a frame, in bytes.
const MAX_CONTENT_BYTES: u64 = 4 << 30;

/// Why bytes are not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BinaryError {
    /// They are something else.
    Foreign,
    /// They are of another version of the facts, which is given.
    OtherVersion(u32),
    /// They are not whole, or were changed.
    Damaged,
    /// They hold something else than was asked for.
    Unexpected,
}

impl fmt::Display for BinaryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign => f.write_str("it holds no facts of connlint"),
            Self::OtherVersion(found) => {
                write!(f, "its facts are of version {found}, and this connlint reads version {FACTS_VERSION}")
            }
            Self::Damaged => f.write_str("it is not whole, or was changed after it was written"),
            Self::Unexpected => f.write_str("its content has another form than this connlint writes"),
        }
    }
}

impl std::error::Error for BinaryError {}

/// A value as bytes, without a frame.
///
/// # Errors
///
/// [`BinaryError::Unexpected`] for values that the form has no place for; facts are none.
pub fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, BinaryError> {
    postcard::to_allocvec(value).map_err(|_| BinaryError::Unexpected)
}

/// Reads a value at the beginning of bytes; also returns those behind it.
///
/// # Errors
///
/// [`BinaryError::Unexpected`] where they hold no such value.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<(T, &[u8]), BinaryError> {
    postcard::take_from_bytes(bytes).map_err(|_| BinaryError::Unexpected)
}

/// A value as the bytes of a file. The same value gives the same bytes.
///
/// # Errors
///
/// As [`encode`].
pub fn sealed<T: Serialize>(value: &T) -> Result<Vec<u8>, BinaryError> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::fast());
    let packed = packed.write_all(&encode(value)?).and_then(|()| packed.finish());
    let packed = packed.map_err(|_| BinaryError::Unexpected)?;
    let mut bytes = Vec::with_capacity(MARK.len() + 4 + blake3::OUT_LEN + packed.len());
    bytes.extend_from_slice(MARK);
    bytes.extend_from_slice(&FACTS_VERSION.to_le_bytes());
    bytes.extend_from_slice(blake3::hash(&packed).as_bytes());
    bytes.extend_from_slice(&packed);
    Ok(bytes)
}

/// Reads what [`sealed`] made.
///
/// # Errors
///
/// Where the bytes are something else, of another version, or not whole.
pub fn unsealed<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BinaryError> {
    let rest = bytes.strip_prefix(MARK).ok_or(BinaryError::Foreign)?;
    let (version, rest) = rest.split_first_chunk().ok_or(BinaryError::Damaged)?;
    let version = u32::from_le_bytes(*version);
    if version != FACTS_VERSION {
        return Err(BinaryError::OtherVersion(version));
    }
    let (hash, packed) = rest.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or(BinaryError::Damaged)?;
    if blake3::hash(packed) != *hash {
        return Err(BinaryError::Damaged);
    }
    let mut content = Vec::new();
    let unpacked = ZlibDecoder::new(packed).take(MAX_CONTENT_BYTES).read_to_end(&mut content);
    unpacked.map_err(|_| BinaryError::Unexpected)?;
    match decode(&content)? {
        (value, []) => Ok(value),
        _ => Err(BinaryError::Unexpected),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FileFacts, Generics, RelPath, Sym, TextRange, TypeRef};

    fn facts() -> FileFacts {
        let mut facts = FileFacts { path: RelPath::new("src/lib.rs"), bytes: 7, lines: 1, ..FileFacts::default() };
        facts.strings.intern("name");
        facts.test_names = vec![Sym(0)];
        facts
    }

    /// A type of so many levels.
    fn nested(levels: usize) -> TypeRef {
        (0..levels).fold(TypeRef::Infer, |inner, _| TypeRef::Slice(Box::new(inner)))
    }

    #[test]
    fn what_was_written_is_read() {
        let bytes = sealed(&facts()).unwrap();
        let read: FileFacts = unsealed(&bytes).unwrap();
        assert_eq!(read.text(Sym(0)), "name");
        assert_eq!(sealed(&read).unwrap(), bytes);
        let (range, rest): (TextRange, _) = decode(&[1, 2, 9]).unwrap();
        assert_eq!((range, rest), (TextRange::new(1, 2), &[9][..]));
    }

    #[test]
    fn what_was_cut_changed_or_is_something_else_is_an_error() {
        let bytes = sealed(&facts()).unwrap();
        let open = |bytes: &[u8]| unsealed::<FileFacts>(bytes);
        for end in 0..bytes.len() {
            let expected = if end < MARK.len() { BinaryError::Foreign } else { BinaryError::Damaged };
            assert_eq!(open(&bytes[..end]), Err(expected), "cut at {end}");
        }
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(open(&changed).is_err(), "changed at {at}");
        }
        let mut other = bytes.clone();
        other[MARK.len()] = FACTS_VERSION as u8 + 1;
        assert_eq!(open(&other), Err(BinaryError::OtherVersion(FACTS_VERSION + 1)));
        assert_eq!(unsealed::<(FileFacts, u8)>(&bytes), Err(BinaryError::Unexpected), "another type");
        assert_eq!(unsealed::<u8>(&bytes), Err(BinaryError::Unexpected), "less than all");
    }

    #[test]
    fn bytes_that_nobody_wrote_never_bring_the_decoder_down() {
        let mut random = fastrand::Rng::with_seed(17);
        let whole = encode(&(facts(), nested(100), Generics::default())).unwrap();
        for _ in 0..20_000 {
            let mut bytes = whole.clone();
            for _ in 0..random.usize(1..4) {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            bytes.truncate(random.usize(..=bytes.len()));
            let _ = decode::<(FileFacts, TypeRef, Generics)>(&bytes);
        }
    }

    #[test]
    fn nesting_is_bounded_where_bytes_are_read() {
        // The worker threads' stack, of which an optimised build has a quarter.
        let read = || {
            let slice = encode(&nested(1)).unwrap()[0];
            let deep: Vec<u8> = std::iter::repeat_n(slice, 1_000_000).collect();
            assert_eq!(decode::<TypeRef>(&deep).err(), Some(BinaryError::Unexpected));
            assert!(decode::<TypeRef>(&encode(&nested(1_000)).unwrap()).is_ok());
        };
        std::thread::Builder::new().stack_size(64 << 20).spawn(read).unwrap().join().unwrap();
    }
}
