//! How far calls were resolved, and what was in the way.

use std::collections::BTreeMap;

use connlint_facts::{OpId, OpKind, Span};
use rayon::prelude::*;

use crate::call_graph::build::{Functions, PendingCall};
use crate::domain::FunctionId;
use crate::infer::bodies::call_range;
use crate::infer::bodies::{Bodies, BodyData, BodyIx};
use crate::infer::body::{Target, function_values};
use crate::infer::trace_back::{Root, Steps, root, trace_until};
use crate::names::marks::{is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::lower::Scope;
use crate::types::ty::{TraitId, Ty};

/// How many of some calls were resolved: it is known which function they run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    /// Those whose target is known.
    pub resolved: usize,
    /// All of them.
    pub total: usize,
}

/// How far the calls of some code were resolved. Constructors and macros are no calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Calls by path or of a value: `open(x)`, `Pool::new(x)`, `(self.callback)(x)`.
    pub functions: Share,
    /// Method calls: `x.open()`.
    pub methods: Share,
}

impl Resolution {
    /// Calls of both kinds.
    pub fn all(&self) -> Share {
        Share {
            resolved: self.functions.resolved + self.methods.resolved,
            total: self.functions.total + self.methods.total,
        }
    }

    fn extend(&mut self, other: Self) {
        for (own, other) in [(&mut self.functions, other.functions), (&mut self.methods, other.methods)] {
            own.resolved += other.resolved;
            own.total += other.total;
        }
    }

    fn add(&mut self, is_method: bool, is_resolved: bool) {
        let share = if is_method { &mut self.methods } else { &mut self.functions };
        share.total += 1;
        share.resolved += usize::from(is_resolved);
    }
}

/// Why a call was not resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UnresolvedCause {
    /// The receiver is what a call yields that was not resolved, or of which the catalog shows no result.
    UnknownResult,
    /// The receiver is a parameter of a closure, and nothing shows what the closure is given.
    ClosureParameter,
    /// The receiver is what a macro yields that was not understood.
    Macro,
    /// The receiver's type is not known for another reason: a field, a pattern, generated code.
    UnknownReceiver,
    /// The receiver's type is one of a dependency, and the catalog has no such method of it.
    ExternalType,
    /// The receiver's type is one of the standard library or of the language, and the catalog has no such method of it.
    StandardLibrary,
    /// The receiver is only known to implement a trait of a dependency, or the method is that of an extension trait.
    ExternalTrait,
    /// The receiver is of a generic type whose bounds do not show the method.
    GenericType,
    /// The receiver's type is declared in the workspace, and no source declares such a method: a macro generates it, or a
    /// trait of a dependency has it.
    GeneratedMethod,
    /// The path of the called function leads to nothing that was read.
    UnknownPath,
    /// A value is called, and nothing shows what it holds.
    FunctionValue,
}

impl UnresolvedCause {
    /// All causes.
    pub const ALL: &[Self] = &[
        Self::UnknownResult,
        Self::ClosureParameter,
        Self::Macro,
        Self::UnknownReceiver,
        Self::ExternalType,
        Self::StandardLibrary,
        Self::ExternalTrait,
        Self::GenericType,
        Self::GeneratedMethod,
        Self::UnknownPath,
        Self::FunctionValue,
    ];

    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnknownResult => "unknown-result",
            Self::ClosureParameter => "closure-parameter",
            Self::Macro => "macro",
            Self::UnknownReceiver => "unknown-receiver",
            Self::ExternalType => "external-type",
            Self::StandardLibrary => "standard-library",
            Self::ExternalTrait => "external-trait",
            Self::GenericType => "generic-type",
            Self::GeneratedMethod => "generated-method",
            Self::UnknownPath => "unknown-path",
            Self::FunctionValue => "function-value",
        }
    }

    /// What was in the way, in a few words.
    pub fn summary(self) -> &'static str {
        match self {
            Self::UnknownResult => "the receiver is the result of a call of which no result is known",
            Self::ClosureParameter => "the receiver is a closure's parameter of unknown type",
            Self::Macro => "the receiver is the value of a macro that was not understood",
            Self::UnknownReceiver => "the receiver's type is not known",
            Self::ExternalType => "the catalog has no such method of that dependency's type",
            Self::StandardLibrary => "the catalog has no such method of that standard type",
            Self::ExternalTrait => "it is a method of a dependency's trait",
            Self::GenericType => "the bounds of the generic type do not tell the method",
            Self::GeneratedMethod => "no source declares such a method of the type",
            Self::UnknownPath => "the path leads to nothing that was read",
            Self::FunctionValue => "nothing tells what the called value holds",
        }
    }
}

/// A call that was not resolved.
#[derive(Clone, Debug)]
pub struct UnresolvedCall {
    /// The function that holds it.
    pub function: FunctionId,
    /// The call, for a method from its name on.
    pub span: Span,
    /// The method, or the called path as written; empty for other values.
    pub name: String,
    /// Number of arguments, the receiver not counted.
    pub arguments: usize,
    /// Whether it is a method call.
    pub is_method: bool,
    /// Why.
    pub cause: UnresolvedCause,
    /// The receiver's type where it is known, or the call that yielded nothing known.
    pub because: Option<String>,
}

/// A function handed to a call of which nothing is known: it is taken to run there.
#[derive(Clone, Debug)]
pub(crate) struct Handed {
    /// The call, as an edge of the call graph has it.
    pub(crate) span: Span,
    pub(crate) to: FunctionId,
    /// What takes it.
    pub(crate) taker: String,
}

/// The calls of code outside tests, counted and listed.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Calls resolved, by crate.
    pub(crate) by_crate: Vec<(String, Resolution)>,
    /// The others, in order of function and position.
    pub(crate) unresolved: Vec<UnresolvedCall>,
    pub(crate) handed: Vec<Handed>,
}

/// What a call is, for counting.
enum Verdict {
    /// A constructor or macro: it is no call.
    NoCall,
    Resolved,
    Unresolved(UnresolvedCause),
}

/// A type dereferenced this often is what a method is looked for on.
const MAX_DEREF: usize = 8;

/// Counts every call of every body that is not for tests.
pub(crate) fn tally<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    functions: &Functions,
    calls: &[PendingCall],
) -> Tally {
    let mut followed: Vec<(BodyIx, OpId)> = calls.iter().map(|c| (c.body, c.op)).collect();
    followed.sort_unstable_by_key(|&(ix, op)| (ix, op));
    let of_body = |ix: BodyIx| {
        let data = bodies.get(ix);
        let scope = tcx.scope_of(data.def);
        let counter = Counter { tcx, bodies, functions, data, ix, scope, followed: &followed };
        let (mut sum, mut found) = (Resolution::default(), Tally::default());
        counter.count(&mut sum, &mut found);
        (&tcx.defs.krate(data.def).name, sum, found)
    };
    let outside_tests = bodies.par_indices().filter(|&ix| !is_test(tcx, bodies.get(ix).def));
    let by_body: Vec<(&String, Resolution, Tally)> = outside_tests.map(of_body).collect();
    let mut by_crate: BTreeMap<&String, Resolution> = BTreeMap::new();
    let mut found = Tally::default();
    for (krate, sum, of_body) in by_body {
        by_crate.entry(krate).or_default().extend(sum);
        found.unresolved.extend(of_body.unresolved);
        found.handed.extend(of_body.handed);
    }
    found.by_crate = by_crate.into_iter().map(|(krate, sum)| (krate.clone(), sum)).collect();
    found
}

struct Counter<'a, 'w> {
    tcx: &'a TypeContext<'w>,
    bodies: &'a Bodies<'w>,
    functions: &'a Functions,
    data: &'a BodyData<'w>,
    ix: BodyIx,
    scope: Scope<'w>,
    followed: &'a [(BodyIx, OpId)],
}

impl Counter<'_, '_> {
    fn count(&self, sum: &mut Resolution, found: &mut Tally) {
        for call in &self.data.types.calls {
            let is_method = matches!(self.data.kind(call.op), OpKind::MethodCall { .. });
            match self.verdict(call.op, &call.target) {
                Verdict::NoCall => {}
                Verdict::Resolved => sum.add(is_method, true),
                Verdict::Unresolved(cause) => {
                    sum.add(is_method, false);
                    found.unresolved.extend(self.unresolved(call.op, call.args.len(), cause));
                }
            }
            if matches!(call.target, Target::Unresolved { .. }) {
                self.handed(call.op, &call.args, &mut found.handed);
            }
        }
    }

    fn verdict(&self, op: OpId, target: &Target<'_>) -> Verdict {
        match (self.data.kind(op), target) {
            (OpKind::MethodCall { recv, .. }, Target::Nothing | Target::Unresolved { .. }) => {
                let ty = self.receiver(*recv);
                // Cloning needs no resolution where it is known what is cloned.
                match target {
                    Target::Nothing if !ty.is_unknown() => Verdict::Resolved,
                    _ => Verdict::Unresolved(self.receiver_cause(*recv, &ty)),
                }
            }
            (OpKind::Call { callee, .. }, Target::Unresolved { .. }) => self.path_verdict(*callee),
            (OpKind::Call { callee, .. }, Target::Value) => self.value_verdict(op, *callee),
            (OpKind::Call { .. }, Target::Nothing) => Verdict::NoCall,
            (OpKind::Call { .. } | OpKind::MethodCall { .. }, _) => Verdict::Resolved,
            _ => Verdict::NoCall,
        }
    }

    /// A function of an unread crate is resolved: its path says which one it is.
    fn path_verdict(&self, callee: OpId) -> Verdict {
        match (self.data.ty(callee).peel_pointers(), self.data.kind(callee)) {
            (Ty::ExternalFn(path, _), _) if starts_upper(path) => Verdict::NoCall,
            (Ty::ExternalFn(..), _) => Verdict::Resolved,
            (_, OpKind::Path(_)) => Verdict::Unresolved(UnresolvedCause::UnknownPath),
            _ => Verdict::Unresolved(UnresolvedCause::FunctionValue),
        }
    }

    /// A callable parameter is followed by whoever hands it over, a stored one by what was stored.
    fn value_verdict(&self, op: OpId, callee: OpId) -> Verdict {
        let is_followed = self.followed.binary_search(&(self.ix, op)).is_ok();
        let is_param = matches!(root(self.data, callee), Root::Param(_));
        // A generated constructor (`Type::default`) is a callable without a body.
        let is_path = matches!(self.data.kind(callee), OpKind::Path(_));
        match is_followed || is_param || is_path {
            true => Verdict::Resolved,
            false => Verdict::Unresolved(UnresolvedCause::FunctionValue),
        }
    }

    /// A receiver's type behind all pointers.
    fn receiver(&self, recv: OpId) -> Ty {
        let mut ty = self.data.ty(recv).clone();
        for _ in 0..MAX_DEREF {
            match self.tcx.deref(&ty) {
                Some(next) if next != ty => ty = next,
                _ => break,
            }
        }
        ty
    }

    fn receiver_cause(&self, recv: OpId, ty: &Ty) -> UnresolvedCause {
        match ty {
            Ty::Unknown | Ty::Never => self.why_unknown(recv),
            Ty::External(path, _) if path.starts_with("std::") => UnresolvedCause::StandardLibrary,
            Ty::Prim(_) | Ty::Slice(_) | Ty::Tuple(_) => UnresolvedCause::StandardLibrary,
            Ty::External(..) => UnresolvedCause::ExternalType,
            Ty::Adt(..) => UnresolvedCause::GeneratedMethod,
            Ty::Param(name) => self.bounds_cause(&self.tcx.bounds_of(&self.scope, *name)),
            Ty::Bounds(_) => self.bounds_cause(ty),
            Ty::Assoc(..) => UnresolvedCause::GenericType,
            // Methods of futures and callables are those of extension traits.
            Ty::Future(_) | Ty::Callable(..) | Ty::Ctor(..) | Ty::FnDef(..) | Ty::ExternalFn(..) | Ty::Closure(..) => {
                UnresolvedCause::ExternalTrait
            }
            Ty::Ref(inner) => self.receiver_cause(recv, inner),
        }
    }

    fn bounds_cause(&self, ty: &Ty) -> UnresolvedCause {
        match ty {
            Ty::Bounds(bounds) if bounds.iter().any(|b| matches!(b.head, TraitId::External(_))) => {
                UnresolvedCause::ExternalTrait
            }
            _ => UnresolvedCause::GenericType,
        }
    }

    /// What first yielded nothing known on the way to a value of unknown type.
    fn why_unknown(&self, value: OpId) -> UnresolvedCause {
        let source = self.source(value);
        match self.data.kind(source) {
            OpKind::Param(_) if crate::infer::def_use::in_closure(self.data.body, self.region(source)) => {
                UnresolvedCause::ClosureParameter
            }
            OpKind::Macro { .. } | OpKind::Expanded { .. } | OpKind::Unknown => UnresolvedCause::Macro,
            OpKind::Call { .. } | OpKind::MethodCall { .. } => UnresolvedCause::UnknownResult,
            _ => UnresolvedCause::UnknownReceiver,
        }
    }

    fn region(&self, op: OpId) -> connlint_facts::RegionId {
        self.data.body.ops[op.0 as usize].region
    }

    /// The first operation of unknown type on the way to a value.
    fn source(&self, value: OpId) -> OpId {
        trace_until(self.data, value, Steps::TYPE, |op| match self.data.kind(op) {
            OpKind::MethodCall { recv, .. } => !self.data.ty(*recv).peel_pointers().is_unknown(),
            _ => false,
        })
    }

    fn unresolved(&self, op: OpId, arguments: usize, cause: UnresolvedCause) -> Option<UnresolvedCall> {
        let function = self.functions.id(self.ix, self.data.frame(op))?;
        let because = match (self.data.kind(op), cause) {
            (OpKind::MethodCall { recv, .. }, UnresolvedCause::UnknownResult) => Some(self.shown(self.source(*recv))),
            (OpKind::MethodCall { recv, .. }, _) => {
                let ty = self.receiver(*recv);
                (!ty.is_unknown()).then(|| crate::types::display::show(self.tcx, &ty))
            }
            _ => None,
        };
        Some(UnresolvedCall {
            function,
            span: span_of(self.tcx, self.data.def, call_range(self.data, op)),
            name: self.name(op),
            arguments,
            is_method: matches!(self.data.kind(op), OpKind::MethodCall { .. }),
            cause,
            because,
        })
    }

    /// What a call calls, as far as its text shows.
    fn name(&self, op: OpId) -> String {
        let file = self.tcx.defs.file_of(self.data.def);
        match self.data.kind(op) {
            OpKind::MethodCall { name, .. } => file.facts.text(*name).to_owned(),
            OpKind::Call { callee, .. } => match self.data.kind(*callee) {
                OpKind::Path(path) => {
                    path.segments.iter().map(|s| file.facts.text(s.name)).collect::<Vec<_>>().join("::")
                }
                OpKind::Field { name, .. } => file.facts.text(*name).to_owned(),
                OpKind::Local(local) => file.facts.text(self.data.body.locals[local.0 as usize].name).to_owned(),
                _ => String::new(),
            },
            _ => String::new(),
        }
    }

    /// The call that yielded nothing known, by its canonical path where it has one.
    fn shown(&self, op: OpId) -> String {
        match self.data.kind(op) {
            OpKind::Call { callee, .. } => match self.data.ty(*callee).peel_pointers() {
                Ty::ExternalFn(path, _) => path.to_string(),
                Ty::FnDef(def, _) => self.tcx.defs.path(*def),
                _ => self.name(op),
            },
            OpKind::MethodCall { recv, .. } => {
                let name = self.name(op);
                if let Some((api, _)) = self.data.api(op) {
                    return api.path.clone();
                }
                match self.data.callees(op).next() {
                    Some(def) => self.tcx.defs.path(def),
                    None => format!("{}::{name}", crate::types::display::show(self.tcx, &self.receiver(*recv))),
                }
            }
            _ => String::new(),
        }
    }

    /// The functions among the arguments of a call that was not resolved or has no row.
    fn handed(&self, op: OpId, args: &[OpId], found: &mut Vec<Handed>) {
        let mut values = Vec::new();
        args.iter().for_each(|&a| function_values(self.data.ty(a), &mut values, 0));
        for value in values {
            let to = match value {
                Ty::FnDef(def, _) => self.functions.of_def(self.bodies, def),
                Ty::Closure(def, closure) => self.functions.of_closure(self.bodies, def, closure),
                _ => None,
            };
            let span = span_of(self.tcx, self.data.def, call_range(self.data, op));
            found.extend(to.map(|to| Handed { span, to, taker: self.shown(op) }));
        }
    }
}

/// `Some::crate::Type(…)`: a constructor.
fn starts_upper(path: &str) -> bool {
    path.rsplit("::").next().is_some_and(|last| last.starts_with(char::is_uppercase))
}
