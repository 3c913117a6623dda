//! Where the items of a stream come from, and so what drives the loop that takes them, or the closure that runs for each.
//!
//! A loop over a stream that a function of the workspace makes has the driver of the loop that yields the items.

use connlint_catalog::{Effect, Role, Runs, TypeExpr};
use connlint_facts::{OpId, OpKind, RegionId, RegionKind};

use crate::dataflow::exits::ends;
use crate::dataflow::loop_kind::{LoopDriver, is_counted, is_endless, pace_within};
use crate::infer::bodies::BodyData;
use crate::infer::body::Target;
use crate::infer::body_cx::BodyCx;
use crate::infer::def_use::{ancestors, inside};
use crate::infer::trace_back::{Steps, trace_back, trace_end};
use crate::types::roles::{is_foreign, is_own_channel};
use crate::types::ty::Ty;

/// Functions that return a stream are looked into this deep.
const MAX_DEPTH: usize = 4;

/// Methods that yield as many items as they are given.
const ONE_FOR_ONE: [&str; 8] = ["cloned", "copied", "enumerate", "into_iter", "iter", "iter_mut", "map", "rev"];

/// Functions of the standard library whose iterators never end.
const WITHOUT_END: [&str; 2] = ["std::iter::repeat", "std::iter::repeat_with"];

/// Where a stream comes from.
enum StreamOrigin {
    Driven(LoopDriver),
    /// From the caller, as this parameter, `None` for `self`.
    Given(Option<u32>),
}

impl BodyCx<'_, '_> {
    /// What drives a closure that runs for each item of a stream: what would drive
    /// `while let Some(item) = stream.next().await`. None if the items are in memory, or nothing is known of them.
    pub(crate) fn for_each_driver(&self, closure: OpId) -> Option<LoopDriver> {
        if self.goes_over_counted(closure) {
            return Some(LoopDriver::Counted);
        }
        self.stream_driver(self.worked_off_by(closure)?, 0)
    }

    /// Whether a closure runs as often as the code says: `[a, b].map(|it| …)`, `(0..4).map(|it| …)`.
    fn goes_over_counted(&self, closure: OpId) -> bool {
        let over = self.gone_over_by(closure, |_| true);
        over.is_some_and(|over| self.one_for_one(over).any(|op| is_counted(self.data, op)))
    }

    /// Whether the code says that items have no end: `0..`, `items.iter().cycle()`, `iter::repeat(())`.
    pub(super) fn is_without_end(&self, items: OpId) -> bool {
        self.one_for_one(items).any(|op| match self.data.kind(op) {
            OpKind::Range { end: None, .. } => true,
            OpKind::MethodCall { name, .. } => self.text(*name) == "cycle" && self.data.callees(op).next().is_none(),
            _ => self.data.api(op).is_some_and(|(api, _)| WITHOUT_END.contains(&&*api.path)),
        })
    }

    /// Items, and those that they are made of one for one.
    fn one_for_one(&self, items: OpId) -> impl Iterator<Item = OpId> {
        let file = self.tcx.defs.file_of(self.data.def).facts;
        std::iter::successors(Some(trace_end(self.data, items, Steps::VALUE)), move |&op| match self.data.kind(op) {
            OpKind::MethodCall { recv, name, .. } if ONE_FOR_ONE.contains(&file.text(*name)) => {
                Some(trace_end(self.data, *recv, Steps::VALUE)).filter(|&recv| recv != op)
            }
            _ => None,
        })
    }

    /// Whether a closure runs for each message that the program itself sends.
    pub(crate) fn works_off_own(&self, closure: OpId) -> bool {
        self.worked_off_by(closure).is_some_and(|stream| {
            trace_back(self.data, stream, Steps::STREAM)
                .any(|op| is_own_channel(self.tcx, self.data.ty(op).peel_refs()))
        })
    }

    /// The stream for whose items a closure runs.
    fn worked_off_by(&self, closure: OpId) -> Option<OpId> {
        self.gone_over_by(closure, |method| self.is_of_streams(method))
    }

    /// What a closure runs for each item of, by such a method.
    fn gone_over_by(&self, closure: OpId, is_meant: impl Fn(&str) -> bool) -> Option<OpId> {
        self.data.types.calls.iter().find_map(|call| {
            let (api, _) = call.api()?;
            let runs_it = || call.args.iter().any(|&arg| self.data.origins(arg).contains(&closure));
            call.recv.filter(|_| api.runs_any(Runs::EachItem) && is_meant(&api.path) && runs_it())
        })
    }

    /// Whether a method is one that all streams have, be it written as the trait's or as that of a type.
    pub(crate) fn is_of_streams(&self, method: &str) -> bool {
        let Some((owner, name)) = method.rsplit_once("::") else { return false };
        let has = |path: &String| self.tcx.catalog.trait_method(path, name, None).is_some();
        self.is_trait_of_streams(owner) || self.traits_of_streams(owner).any(has)
    }

    fn is_trait_of_streams(&self, path: &str) -> bool {
        self.tcx.catalog.trait_model(path, None).is_some_and(|model| model.of_streams)
    }

    /// The traits of a type that have the methods of streams.
    fn traits_of_streams(&self, path: &str) -> impl Iterator<Item = &String> {
        let model = self.tcx.catalog.type_model(path, None);
        let traits = model.into_iter().flat_map(|model| &model.traits);
        traits.filter(|path| self.is_trait_of_streams(path))
    }

    /// Whether a type or bound is a stream: `futures::Stream`.
    pub(super) fn has_methods_of_streams(&self, path: &str) -> bool {
        self.traits_of_streams(path).next().is_some()
    }

    /// What drives a loop in which a method of any stream takes the next item: `while let Some(x) = quotes.next().await?`.
    pub(crate) fn taken_stream_driver(&self, looped: RegionId, depth: usize) -> Option<LoopDriver> {
        let taken = self.data.calls_of_frame(looped);
        let mut taken = taken.filter(|call| {
            call.api().is_some_and(|(api, _)| api.effects.contains(&Effect::Receive) && self.is_of_streams(&api.path))
                && !self.only_leaves(call.op, looped)
        });
        taken.find_map(|call| self.stream_driver(call.recv?, depth))
    }

    fn stream_driver(&self, stream: OpId, depth: usize) -> Option<LoopDriver> {
        match self.stream_origin(stream, depth)? {
            StreamOrigin::Driven(driver) => Some(driver),
            StreamOrigin::Given(_) => None,
        }
    }

    fn stream_origin(&self, stream: OpId, depth: usize) -> Option<StreamOrigin> {
        if depth > MAX_DEPTH {
            return None;
        }
        let unknown = |op: OpId| {
            let ty = self.data.ty(op).peel_pointers();
            *ty == Ty::Unknown || is_foreign(self.tcx, ty)
        };
        for op in trace_back(self.data, stream, Steps::STREAM) {
            if self.is_source(op) {
                return Some(StreamOrigin::Driven(self.source_driver(op)));
            }
            if let Some(driver) = self.own_stream_driver(self.data.ty(op)) {
                return Some(StreamOrigin::Driven(driver));
            }
            if let Some(inner) = self.put_into_stream(op) {
                return self.stream_origin(inner, depth + 1);
            }
            match self.data.kind(op) {
                OpKind::Param(index) => return Some(StreamOrigin::Given(Some(*index))),
                OpKind::SelfParam => return Some(StreamOrigin::Given(None)),
                // A part of an answer is in memory, unless its type says that it is a source; a half of a stream is none.
                OpKind::Field { base, .. } if !self.is_split(*base) => return None,
                OpKind::Async { region, .. } => return self.yielding_driver(*region, depth).map(StreamOrigin::Driven),
                OpKind::Call { .. } | OpKind::MethodCall { .. } => {
                    if self.data.callees(op).next().is_some() {
                        return self.made_stream_origin(op, depth);
                    }
                    match self.data.call(op).map(|call| &call.target) {
                        Some(Target::Known(_)) if self.asks_database(op) => return None,
                        Some(Target::Known(_)) => {
                            if let Some(driver) = self.merged_driver(op, depth) {
                                return Some(StreamOrigin::Driven(driver));
                            }
                        }
                        _ => return unknown(op).then_some(StreamOrigin::Driven(LoopDriver::Waits)),
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a value is what a stream is split into: `let (write, read) = socket.split()`.
    fn is_split(&self, value: OpId) -> bool {
        let split = trace_end(self.data, value, Steps::VALUE);
        let halves = matches!(self.data.ty(split).peel_refs(), Ty::Tuple(_));
        halves && self.data.api(split).is_some_and(|(api, _)| self.is_of_streams(&api.path))
    }

    /// The same of the stream that a function of the workspace returns; what it was given is that of the call.
    fn made_stream_origin(&self, call: OpId, depth: usize) -> Option<StreamOrigin> {
        let maker = self.sole_callee(call)?;
        match maker.stream_origin(maker.data.body.tail?, depth + 1)? {
            StreamOrigin::Given(param) => {
                let takes_self = self.tcx.defs.takes_self(maker.data.def);
                self.stream_origin(self.data.call(call)?.operand(param, takes_self)?, depth + 1)
            }
            driven => Some(driven),
        }
    }

    /// What drives a stream that others are merged into, or that goes on with another: who waits for it waits for each of
    /// them. Its row says which arguments are streams.
    fn merged_driver(&self, call: OpId, depth: usize) -> Option<LoopDriver> {
        let (api, _) = self.data.api(call)?;
        let args = self.data.call(call)?.args.iter().copied().zip(&api.params);
        let streams = args.filter(|(_, param)| self.is_stream(param)).map(|(arg, _)| arg);
        let each = streams.flat_map(|arg| match self.data.kind(trace_end(self.data, arg, Steps::VALUE)) {
            OpKind::Array(items) => items.to_vec(),
            _ => vec![arg],
        });
        each.into_iter().find_map(|stream| self.stream_driver(stream, depth + 1))
    }

    /// `Stream<T>`, or a list of such.
    fn is_stream(&self, param: &TypeExpr) -> bool {
        let TypeExpr::Path { path, args } = param else { return false };
        self.has_methods_of_streams(path) || args.iter().any(|arg| self.is_stream(arg))
    }

    /// Whether what a call yields are the rows or keys of one answer.
    fn asks_database(&self, call: OpId) -> bool {
        self.data.api(call).is_some_and(|(api, _)| api.effects.iter().any(|effect| effect.is_work()))
    }

    pub(super) fn is_source(&self, op: OpId) -> bool {
        self.tcx.role_of(self.data.ty(op).peel_pointers()) == Some(Role::Source)
    }

    /// What a source gives: connections of a listener, ticks of a timer, or messages.
    pub(super) fn source_driver(&self, source: OpId) -> LoopDriver {
        let sources = trace_back(self.data, source, Steps::STREAM).filter(|&op| self.is_source(op));
        let driver = sources.into_iter().find_map(|op| {
            let path = self.data.ty(op).peel_pointers().external_path()?;
            let has = |effect: Effect| self.tcx.catalog.has_method_with(path, effect);
            match () {
                () if has(Effect::Accept) => Some(LoopDriver::Accepts),
                () if has(Effect::Tick) => Some(LoopDriver::Ticks(self.ticker_period(Some(op)))),
                () => None,
            }
        });
        driver.unwrap_or(LoopDriver::Receives)
    }

    /// What drives the loop that yields the items of a `stream!`: one without an end waits for something.
    fn yielding_driver(&self, stream: RegionId, depth: usize) -> Option<LoopDriver> {
        let data = self.data;
        let yields = (0u32..).zip(&data.body.ops).filter(|(_, op)| matches!(op.kind, OpKind::Yield(_)));
        let yields = yields.map(|(number, _)| OpId(number)).filter(|&op| inside(data.body, op, stream));
        let loops = |op: OpId| loops_around(data, op, stream);
        yields.flat_map(loops).find_map(|looped| match pace_within(*self, looped, depth + 1) {
            LoopDriver::Counted => None,
            LoopDriver::Items => (is_endless(*self, looped) && !ends(*self, looped)).then_some(LoopDriver::Waits),
            driver => Some(driver),
        })
    }
}

/// The loops of a region that are around an operation, the innermost first.
fn loops_around(data: &BodyData<'_>, op: OpId, region: RegionId) -> Vec<RegionId> {
    let around = ancestors(data.body, data.body.ops[op.0 as usize].region).take_while(|&around| around != region);
    around.filter(|around| matches!(data.body.regions[around.0 as usize].kind, RegionKind::Loop(_))).collect()
}
