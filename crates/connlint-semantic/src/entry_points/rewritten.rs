//! Functions that an attribute which nobody has read turns into something else: a service, a filter, a command.
//!
//! No `async fn` is a service by itself, and none takes other arguments than it has parameters. One that is used so is no
//! longer what is written: its body runs when what the attribute has made of it is called. Of medium certainty.

use connlint_facts::{Attribute, FnItem};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::domain::{EntryKind, EntryPoint, FunctionId};
use crate::entry_points::collect::Collector;
use crate::entry_points::declared::{first_string, http_method};
use crate::entry_points::unread::Serving;
use crate::infer::bodies::BodyData;
use crate::infer::body::Call;
use crate::names::attributes::unread_attribute;
use crate::names::defs::{DefId, DefKind};
use crate::names::marks::{is_test, span_of};
use crate::types::ty::Ty;

/// The name of the argument that is the HTTP method, in the frameworks that have one.
const METHOD: &str = "method";

/// Async functions that an unread attribute rewrites, with that attribute.
type Rewritten<'w> = FxHashMap<DefId, &'w Attribute>;

impl<'w> Collector<'_, 'w> {
    /// Rewritten functions that are given to a framework as values, or called with other arguments than they have
    /// parameters, in programs that serve.
    pub(super) fn rewritten(&mut self, serving: &Serving) {
        let by_def: Rewritten<'_> =
            self.bodies().list.iter().filter_map(|data| self.rewritten_function(data.def)).collect();
        if by_def.is_empty() {
            return;
        }
        let known: FxHashSet<FunctionId> = self.found.iter().map(|entry| entry.function).collect();
        let mut found: Vec<EntryPoint> = Vec::new();
        for data in self.bodies().list.iter().filter(|data| !is_test(self.tcx(), data.def)) {
            for call in &data.types.calls {
                let given = self.given_to_framework(data, call, &by_def);
                let used = given.into_iter().chain(self.called_otherwise(call, &by_def));
                let entries = used.filter_map(|(def, krate)| self.rewritten_entry(def, by_def.get(&def)?, &krate));
                let mut entries = entries.filter(|entry| !known.contains(&entry.function)).peekable();
                if entries.peek().is_some() && self.serves(serving, data) {
                    found.extend(entries);
                }
            }
        }
        found.into_iter().for_each(|entry| self.push(entry));
    }

    /// An async function with an attribute of which nobody knows what it makes of it.
    fn rewritten_function(&self, def: DefId) -> Option<(DefId, &'w Attribute)> {
        let tcx = self.tcx();
        let is_meant = |item: &FnItem| item.is_async && item.self_param.is_none() && item.body.is_some();
        tcx.defs.fn_item(def).filter(|item| tcx.defs.def(def).kind == DefKind::Fn && is_meant(item))?;
        Some((def, unread_attribute(tcx, def)?))
    }

    /// Those among the arguments of a framework's method, with the framework.
    fn given_to_framework(&self, data: &BodyData<'_>, call: &Call<'_>, by_def: &Rewritten<'_>) -> Vec<(DefId, String)> {
        let tcx = self.tcx();
        let functions = call.args.iter().filter_map(|&arg| match data.ty(arg) {
            Ty::FnDef(def, _) => Some(*def).filter(|def| by_def.contains_key(def)),
            _ => None,
        });
        let functions: Vec<DefId> = functions.collect();
        if functions.is_empty() {
            return Vec::new();
        }
        let of_type = call.recv.and_then(|recv| data.ty(recv).peel_pointers().external_path());
        let path = of_type.or_else(|| call.api().map(|(api, _)| api.path.as_str()));
        let krate = path.and_then(|path| tcx.catalog.crate_of(path)).filter(|krate| krate.category == "framework");
        krate.map_or(Vec::new(), |krate| functions.into_iter().map(|def| (def, krate.lib.clone())).collect())
    }

    /// The one that a call names, if it has not as many parameters as the call arguments, with the crate of its attribute.
    fn called_otherwise(&self, call: &Call<'_>, by_def: &Rewritten<'_>) -> Option<(DefId, String)> {
        let tcx = self.tcx();
        let def = call.callees().next().filter(|_| call.recv.is_none())?;
        let attribute = by_def.get(&def)?;
        let is_other = tcx.signature(def).is_some_and(|signature| signature.params.len() != call.args.len());
        // Attributes that generate builders change the arguments too: only a path tells that requests are meant.
        self.path_in(def, attribute).filter(|_| is_other)?;
        let data = tcx.defs.def(def);
        let names = tcx.names_of_path(data.file, &attribute.path);
        let path = tcx.unread_macro(data.module, &names, attribute.path.global);
        Some((def, path.map_or_else(String::new, |path| path.split("::").next().unwrap_or_default().to_owned())))
    }

    /// The path that an attribute names.
    fn path_in(&self, def: DefId, attribute: &Attribute) -> Option<String> {
        first_string(self.tcx(), def, &attribute.args).filter(|text| text.starts_with('/'))
    }

    fn rewritten_entry(&self, def: DefId, attribute: &Attribute, krate: &str) -> Option<EntryPoint> {
        let tcx = self.tcx();
        let function = self.builder.functions.of_def(self.bodies(), def)?;
        let path = self.path_in(def, attribute);
        let method = http_method(tcx, def, &attribute.args, METHOD);
        let route = path.map(|path| method.map_or_else(|| path.clone(), |method| format!("{method} {path}")));
        let at = span_of(tcx, def, attribute.range);
        Some(self.unread_entry(EntryKind::RequestHandler, function, route, at, krate))
    }
}
