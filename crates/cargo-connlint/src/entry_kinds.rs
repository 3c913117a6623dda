//! Kinds of entry points by the names that users write.

use clap::builder::PossibleValue;
use connlint_semantic::EntryKind;

/// All kinds of entry points, in the order of `--help`.
pub(crate) const KINDS: [EntryKind; 10] = [
    EntryKind::RequestHandler,
    EntryKind::RpcMethod,
    EntryKind::Middleware,
    EntryKind::Extractor,
    EntryKind::Connection,
    EntryKind::MessageConsumer,
    EntryKind::ScheduledJob,
    EntryKind::Resolver,
    EntryKind::Command,
    EntryKind::Loop,
];

/// The name of a kind.
pub(crate) fn kind_value(kind: EntryKind) -> PossibleValue {
    PossibleValue::new(kind.name())
}
