//! How deep the parts of facts may nest when they are read from bytes.
//!
//! The parser ends code that nests too deep, bytes from elsewhere may hold anything: without a bound, some kilobytes of
//! them would exhaust the stack. Types, arguments of attributes and patterns are the only parts that hold themselves.

use std::cell::Cell;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::body::PatternHead;
use crate::item::Meta;
use crate::types::TypeRef;

/// Deepest nesting that is read: several times what the parser lets through.
const MAX_DEPTH: u32 = 2_048;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// One level, left when it is dropped.
struct Level;

impl Level {
    fn enter() -> Option<Self> {
        let depth = DEPTH.get();
        (depth < MAX_DEPTH).then(|| {
            DEPTH.set(depth + 1);
            Self
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}

/// What serde derives for `remote = "Self"` are functions of the type itself; these count its levels around them.
macro_rules! count_levels {
    ($($nested:ident),*) => {$(
        impl Serialize for $nested {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }
        }

        impl<'de> Deserialize<'de> for $nested {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let _level = Level::enter().ok_or_else(|| D::Error::custom("nested too deep"))?;
                Self::deserialize(deserializer)
            }
        }
    )*};
}

count_levels!(TypeRef, Meta, PatternHead);
