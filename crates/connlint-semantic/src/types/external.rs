//! Types of crates that are not read.

use crate::names::external_path::ExternalPath;
use crate::names::resolve::Canonical;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

impl TypeContext<'_> {
    /// A type of a crate that is not read.
    pub(crate) fn external_type(&self, path: &str, mut args: Vec<Ty>) -> Ty {
        let Canonical { path, alias, is_other_result } = self.look_up(ExternalPath::of(path));
        if let Some(alias) = alias {
            args.resize(alias.generics.len().max(args.len()), Ty::Unknown);
            return self.instantiate(&alias.target, &args, None);
        }
        if is_other_result && !args.is_empty() {
            // `somecrate::Result<T>` (`KafkaResult<T>`, …) is std's with the crate's own error in every crate seen.
            args.resize(2.max(args.len()), Ty::Unknown);
            args.truncate(2);
            return Ty::external(ExternalPath::of("std::result::Result"), args);
        }
        self.special_ext(path, args)
    }
}
