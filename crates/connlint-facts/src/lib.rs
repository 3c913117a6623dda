//! The vocabulary that all stages of connlint share.
//!
//! A source file becomes one [`FileFacts`]: its items, its imports and its function bodies in evaluation order, as
//! owned, serialisable data that no longer knows the parser. Files are grouped into [`CrateFacts`], one for each
//! compilation target. This crate holds data only: no resolution, no input or output.
//!
//! Facts have a binary form, and a frame that makes files of it ([`sealed`]).
//!
//! Facts depend on the text of the file (and on the `macro_rules!` definitions of its workspace) alone: neither on the
//! catalog of known libraries nor on the lints that are on.

mod binary;
mod body;
mod ids;
mod item;
mod krate;
mod nesting;
mod problem;
mod text;
mod types;

pub use binary::{BinaryError, decode, encode, sealed, unsealed};
pub use body::{
    Arg, ArmTest, BinaryOp, Body, Captures, ClosureHead, Conditional, Expect, Local, LoopKind, Op, OpKind, PatternHead,
    Region, RegionKind, StructFrame, UnaryOp,
};
pub use ids::{ItemId, LocalId, OpId, RegionId};
pub use item::{
    Attribute, CfgMark, EnumVariant, Field, Fields, FnItem, ImplItem, Item, ItemKind, MacroRule, Meta, MetaValue,
    Param, SelfKind, SelfParam, StaticFlavor, TraitItem, UseImport, Visibility,
};
pub use krate::{
    CrateFacts, CrateId, Dependency, DependencyKind, ExternalPackage, FileFacts, FileIndex, Module, ModuleId,
    ModuleOrigin, TargetKind, WorkspaceFacts,
};
pub use problem::{Date, Notice, NoticeKind, Problem, SuppressionFact, SuppressionForm};
pub use text::{Literal, RelPath, Span, StringTable, Sym, TextRange};
pub use types::{Bound, GenericArgs, GenericParam, Generics, Path, QSelf, Segment, TypeRef, WherePredicate};

/// The lists of operations.
pub use thin_vec::{ThinVec, thin_vec};

/// Version of the facts' meaning and encoding. Raised by every change of what the parser records.
pub const FACTS_VERSION: u32 = 8;
