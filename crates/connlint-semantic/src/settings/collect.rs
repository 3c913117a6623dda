//! Everything that the program builds, with its settings and uses.

use connlint_catalog::{ApiModel, Catalog, Effect, Io, Mode, Runs, SettingModel};
use connlint_facts::{OpId, Span};
use rayon::prelude::*;
use rustc_hash::FxHashSet;

use crate::call_graph::build::Functions;
use crate::call_graph::function_values::{FunctionValues, PassedCallable};
use crate::dataflow::path_facts::choices;
use crate::domain::FunctionId;
use crate::infer::bodies::{Bodies, BodyIx};
use crate::infer::body_cx::BodyCx;
use crate::names::marks::{is_test, span_of};
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

use super::built::{Built, Effective, RequestUse, Resource, Setting};
use super::gather::{Gather, Gathered, Whose};
use super::program_values::ProgramValues;
use super::request_uses::{Constructions, Request};
use super::walk::{Cursor, Walk};

/// What is built, and which calls run under a limit.
#[derive(Debug, Default)]
pub(crate) struct Settings {
    /// In order of body and position.
    pub(crate) built: Vec<Built>,
    /// For each call of the call graph whether something ends it after a time.
    pub(crate) limited_calls: Vec<bool>,
    /// Functions that a server runs once in each of its workers.
    pub(crate) factories: Vec<FunctionId>,
}

/// Collects what the program builds. `calls` are the places of the call graph's calls.
pub(crate) fn collect<'w>(
    tcx: &TypeContext<'w>,
    bodies: &Bodies<'w>,
    functions: &Functions,
    passed: &FunctionValues,
    calls: &[(BodyIx, OpId)],
) -> Settings {
    let factories = factories(bodies, functions, passed);
    let values = ProgramValues::collect(tcx, bodies);
    let walk = Walk { tcx, bodies, values: &values };
    let by_body: Vec<Vec<Construction<'_>>> = bodies.par_indices().map(|ix| constructions(walk, ix)).collect();
    let mut seen = FxHashSet::default();
    let passed = passed.taken.iter().filter(|taken| seen.insert((taken.body, taken.arg)));
    let passed = passed.filter_map(|taken| handed_on(walk, taken));
    let all: Vec<Construction<'_>> = by_body.into_iter().flatten().chain(passed).collect();
    if all.is_empty() {
        return Settings { built: Vec::new(), limited_calls: vec![false; calls.len()], factories };
    }
    // What sends at once sends nothing else: not the requests of what is made of that call's answer.
    let kept = all.iter().enumerate().filter(|(_, one)| !one.sends_itself());
    let numbers: Constructions = kept.map(|(number, one)| ((one.body, one.op), number)).collect();
    let mut built: Vec<Option<Built>> = all.par_iter().map(|one| one.built(walk, functions)).collect();
    let requests: Vec<Vec<Request>> = bodies.par_indices().map(|ix| walk.requests(ix, &numbers)).collect();
    for request in requests.iter().flatten() {
        for place in &request.made_with {
            let of = numbers.get(place).and_then(|&number| built.get_mut(number)).and_then(Option::as_mut);
            if let (Some(built), Some(used)) = (of, used(walk, functions, request)) {
                built.uses.push(used);
            }
        }
    }
    let limited_calls = calls.par_iter().map(|&(body, op)| walk.is_under_deadline(body, op)).collect();
    Settings { built: built.into_iter().flatten().collect(), limited_calls, factories }
}

/// What is handed to a server to run once in each worker.
fn factories(bodies: &Bodies<'_>, functions: &Functions, passed: &FunctionValues) -> Vec<FunctionId> {
    let per_worker = passed.taken.iter().filter(|taken| taken.runs == Runs::Worker);
    let mut found: Vec<FunctionId> = per_worker
        .filter_map(|taken| match &taken.value {
            Ty::Closure(def, op) => functions.of_closure(bodies, *def, *op),
            Ty::FnDef(def, _) => functions.of_def(bodies, *def),
            _ => None,
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn used(walk: Walk<'_, '_>, functions: &Functions, request: &Request) -> Option<RequestUse> {
    let data = walk.bodies.get(request.body);
    Some(RequestUse {
        function: functions.id(request.body, data.frame(request.op))?,
        span: span(walk, request.body, request.op),
        bounded: request.bounded,
        opens: false,
        by_other: request.by_other,
    })
}

fn span(walk: Walk<'_, '_>, body: BodyIx, op: OpId) -> Span {
    let data = walk.bodies.get(body);
    span_of(walk.tcx, data.def, data.body.ops[op.0 as usize].range)
}

/// A call that builds something whose settings are known.
#[derive(Debug)]
struct Construction<'w> {
    body: BodyIx,
    op: OpId,
    api: &'w ApiModel,
    /// The call itself, or the one that is handed the function.
    call: OpId,
    resource: Resource,
    /// Whether the client serves this call only, or is the library's: the row has what the call is subject to.
    for_one_call: bool,
    /// The type that is built; `None` of what serves one call.
    ty: Option<String>,
}

/// The constructions of a body outside tests.
fn constructions<'w>(walk: Walk<'_, 'w>, body: BodyIx) -> Vec<Construction<'w>> {
    let data = walk.bodies.get(body);
    if is_test(walk.tcx, data.def) {
        return Vec::new();
    }
    let found = data.types.calls.iter().filter_map(|call| {
        let (api, _) = call.api()?;
        let for_one_call = serves_one_call(api);
        let resource = made_by(walk.tcx, api)?;
        let ty = if for_one_call { None } else { Some(governed(walk.tcx, data.ty(call.op))?) };
        Some(Construction { body, op: call.op, api, call: call.op, resource, for_one_call, ty })
    });
    found.collect()
}

/// What the function of a row builds.
fn made_by(tcx: &TypeContext<'_>, api: &ApiModel) -> Option<Resource> {
    let has = |effect| api.effects.contains(&effect);
    match () {
        () if has(Effect::BuildPool) => Some(Resource::Pool),
        () if has(Effect::BuildClient) || serves_one_call(api) || is_handle(tcx, api) => Some(Resource::Client),
        () if has(Effect::OpenConnection) => Some(Resource::Connection),
        () => None,
    }
}

/// Whether a call has a client for itself, or uses the one that the library keeps: either way nobody gets hold of it.
fn serves_one_call(api: &ApiModel) -> bool {
    api.effects.iter().any(|effect| matches!(effect, Effect::ThrowawayClient | Effect::SharedClient))
}

/// What builds something, handed on as a function value: `request_async(async_http_client)`, `LazyLock::new(Client::new)`.
fn handed_on<'w>(walk: Walk<'_, 'w>, taken: &PassedCallable) -> Option<Construction<'w>> {
    let Ty::ExternalFn(path, of) = &taken.value else { return None };
    let data = walk.bodies.get(taken.body);
    if is_test(walk.tcx, data.def) {
        return None;
    }
    let catalog: &'w Catalog = walk.tcx.catalog;
    let last = path.rsplit("::").next().unwrap_or(path);
    let of_type = of.self_ty.as_ref().and_then(Ty::external_path).and_then(|ty| catalog.method(ty, last, None));
    let api = of_type.or_else(|| catalog.api(path, None))?;
    let resource = made_by(walk.tcx, api)?;
    let for_one_call = serves_one_call(api);
    let ty = if for_one_call {
        None
    } else if api.takes_self || !api.params.is_empty() {
        // Whoever calls it decides what it is given, so that nothing is known of the settings.
        return None;
    } else {
        let args = of.self_ty.as_ref().map_or(&[][..], Ty::args);
        Some(governed(walk.tcx, &walk.tcx.instantiate(&api.returns, args, of.self_ty.as_ref()))?)
    };
    Some(Construction { body: taken.body, op: taken.arg, api, call: taken.call, resource, for_one_call, ty })
}

/// Whether a call makes a handle on a client of the library's own, and the catalog has what its requests are subject to.
fn is_handle(tcx: &TypeContext<'_>, api: &ApiModel) -> bool {
    let settings = tcx.catalog.settings(&api.path, None);
    api.effects.contains(&Effect::Configure) && settings.is_some_and(|row| row.fixed && !row.of.is_empty())
}

/// The type of what a call builds whose settings rows describe.
fn governed(tcx: &TypeContext<'_>, ty: &Ty) -> Option<String> {
    let has_settings = |ty: &Ty| {
        let path = ty.peel_pointers().external_path()?;
        tcx.catalog.settings_of(path, None).next().map(|_| path.to_owned())
    };
    match ty.yielded() {
        Ty::Tuple(parts) => parts.iter().find_map(has_settings),
        made => has_settings(made),
    }
}

impl Construction<'_> {
    fn built(&self, walk: Walk<'_, '_>, functions: &Functions) -> Option<Built> {
        let data = walk.bodies.get(self.body);
        let api = self.api;
        let function = functions.id(self.body, data.frame(self.op))?;
        let place = span(walk, self.body, self.op);
        let (settings, addresses) = match &self.ty {
            Some(ty) => (settings(walk, &self.cursor(), self.resource, ty), self.addresses(walk)),
            None => (fixed_setting(walk, self)?, Vec::new()),
        };
        let opens = self.resource != Resource::Pool && api.io == Some(Io::Eager) && api.mode == Mode::Async;
        let uses = if self.sends_itself() || opens {
            let bounded = walk.is_under_deadline(self.body, self.call);
            vec![RequestUse { function, span: place.clone(), bounded, opens: !self.for_one_call, by_other: false }]
        } else {
            Vec::new()
        };
        Some(Built {
            function,
            span: place,
            api: api.path.clone(),
            krate: api.path.split("::").next().unwrap_or_default().to_owned(),
            resource: self.resource,
            for_one_call: self.for_one_call,
            settings,
            addresses,
            choices: choices(BodyCx { tcx: walk.tcx, bodies: walk.bodies, data }, self.op),
            uses,
        })
    }

    /// Whether the call is the request itself, and not the begin of one: `get(url).send()`.
    fn sends_itself(&self) -> bool {
        self.for_one_call && self.api.io != Some(Io::Lazy)
    }

    /// The addresses that the code shows, of all that it is made of.
    fn addresses(&self, walk: Walk<'_, '_>) -> Vec<String> {
        let gathered = Gather::of(walk, &Cursor::new(self.body, self.op), Whose::All);
        gathered.addresses.into_iter().flatten().collect()
    }

    fn cursor(&self) -> Cursor {
        Cursor::new(self.body, self.op)
    }
}

/// The settings of the type that is built, by purpose.
fn settings(walk: Walk<'_, '_>, built: &Cursor, resource: Resource, ty: &str) -> Vec<Setting> {
    let gathered = gathered(walk, built, resource);
    let mut purposes: Vec<&str> = Vec::new();
    for row in walk.tcx.catalog.settings_of(ty, None) {
        if !purposes.contains(&row.purpose.as_str()) {
            purposes.push(&row.purpose);
        }
    }
    purposes.into_iter().filter_map(|purpose| setting(walk, built, (ty, purpose), &gathered)).collect()
}

fn gathered<'w>(walk: Walk<'_, 'w>, built: &Cursor, resource: Resource) -> Gathered<'w> {
    let whose = if resource == Resource::Pool { Whose::Pool } else { Whose::All };
    Gather::of(walk, built, whose)
}

/// The setting of a purpose of what is built, on the way by which the cursor came there.
pub(super) fn setting_at(walk: Walk<'_, '_>, built: &Cursor, resource: Resource, purpose: &str) -> Option<Setting> {
    let ty = governed(walk.tcx, walk.bodies.get(built.body).ty(built.op))?;
    setting(walk, built, (&ty, purpose), &gathered(walk, built, resource))
}

fn setting(
    walk: Walk<'_, '_>,
    built: &Cursor,
    (ty, purpose): (&str, &str),
    gathered: &Gathered<'_>,
) -> Option<Setting> {
    let set = gathered.found.iter().filter(|found| found.row.purpose == purpose);
    let rows = Rows::of(walk, built.body, ty, purpose);
    // Versions without a row do not have the setting.
    if rows.rows.is_empty() && set.clone().next().is_none() {
        return None;
    }
    let (mut source, mut given_at) = (Vec::new(), None);
    let effective =
        if let Some(found) = set.clone().find(|f| f.value != super::SettingValue::Off).or(set.clone().next_back()) {
            given_at = Some(span(walk, found.given.body, found.given.op));
            if found.value == super::SettingValue::Unknown {
                source = walk.sources(&found.given);
            }
            Effective::Set(found.value.clone(), span(walk, found.at.body, found.at.op))
        } else if let Some(what) = if rows.are_fixed() { gathered.opaque_client } else { gathered.opaque } {
            Effective::Unknown(what)
        } else if let Some(why) = rows.in_address(gathered) {
            Effective::Unknown(why)
        } else {
            rows.default()
        };
    Some(Setting {
        purpose: purpose.to_owned(),
        effective,
        setter: rows.setter(),
        remedy: rows.remedy(),
        source,
        given_at,
    })
}

/// The settings rows of one purpose of a type, in the locked version.
struct Rows<'w> {
    rows: Vec<&'w SettingModel>,
}

impl<'w> Rows<'w> {
    fn of(walk: Walk<'_, 'w>, body: BodyIx, ty: &str, purpose: &str) -> Self {
        let catalog: &'w Catalog = walk.tcx.catalog;
        let module = walk.tcx.defs.def(walk.bodies.get(body).def).module;
        let all = catalog.settings_of(ty, None).filter(|row| row.purpose == purpose);
        let locked = |row: &&SettingModel| {
            let version = walk.tcx.version_of(module, &row.path);
            connlint_catalog::applies(&row.versions, version)
        };
        let of_version: Vec<&SettingModel> = all.filter(locked).collect();
        Self { rows: of_version }
    }

    /// The default, where all rows agree on it.
    fn default(&self) -> Effective {
        let mut defaults = self.rows.iter().map(|row| row.default.as_deref());
        match defaults.next().flatten() {
            Some(first) if defaults.all(|other| other == Some(first)) => Effective::Default(first.to_owned()),
            _ => Effective::Unknown("the default of this version"),
        }
    }

    /// Whether no configuration can set it, so that only another client can bring another value.
    fn are_fixed(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| row.fixed)
    }

    fn setter(&self) -> Option<String> {
        self.rows.iter().find(|row| !row.fixed).map(|row| row.path.clone())
    }

    fn remedy(&self) -> Option<String> {
        self.rows.iter().find_map(|row| row.remedy.clone())
    }

    /// Whether an address may set it: one that the code does not show, or that has its parameter.
    fn in_address(&self, gathered: &Gathered<'_>) -> Option<&'static str> {
        let mut keys = self.rows.iter().filter_map(|row| row.url.as_deref());
        let names = |key: &str| {
            gathered.addresses.iter().any(|address| match address {
                Some(text) => text.contains(&format!("{key}=")),
                None => true,
            })
        };
        keys.any(names).then_some("the address")
    }
}

/// What a function that builds a client for one call is subject to.
fn fixed_setting(walk: Walk<'_, '_>, made: &Construction<'_>) -> Option<Vec<Setting>> {
    let module = walk.tcx.defs.def(walk.bodies.get(made.body).def).module;
    let version = walk.tcx.version_of(module, &made.api.path);
    let row = walk.tcx.catalog.settings(&made.api.path, version).filter(|row| row.fixed)?;
    let default = row.default.clone()?;
    let (purpose, remedy) = (row.purpose.clone(), row.remedy.clone());
    Some(vec![Setting {
        purpose,
        effective: Effective::Default(default),
        setter: None,
        remedy,
        source: Vec::new(),
        given_at: None,
    }])
}
