//! What sets the settings of something that is built, from where it is built back to where its configuration begins.

use connlint_catalog::{ApiModel, Role, SettingModel, TypeExpr};
use connlint_facts::{LocalId, OpId, OpKind};

use crate::infer::bodies::BodyData;
use crate::infer::body::Target;
use crate::infer::def_use::in_closure;
use crate::names::defs::DefId;
use crate::types::callee::Callee;
use crate::types::context::TypeContext;
use crate::types::roles::is_foreign;
use crate::types::ty::Ty;

use super::built::SettingValue;
use super::program_values::owner_of_field;
use super::walk::{Cursor, Step, Walk, Worklist};

/// Setters of one statement, and references and fields before them.
const MAX_CHANGES: usize = 16;

/// A setting that the code sets.
#[derive(Debug)]
pub(super) struct Found<'w> {
    pub(super) row: &'w SettingModel,
    pub(super) value: SettingValue,
    /// Where.
    pub(super) at: Cursor,
    /// What it is given.
    pub(super) given: Cursor,
}

/// All that sets something on the way, and what is not understood of it.
#[derive(Debug, Default)]
pub(super) struct Gathered<'w> {
    pub(super) found: Vec<Found<'w>>,
    /// Something on the way may set anything: what it is, in a few words.
    pub(super) opaque: Option<&'static str>,
    /// The same, where it may be a client that sends in its own way: more than a configuration that is not known.
    pub(super) opaque_client: Option<&'static str>,
    /// The addresses that are given; `None` of one that the code does not show.
    pub(super) addresses: Vec<Option<String>>,
    /// The values of which the server's name is made, as far as that is known.
    pub(super) servers: Vec<Cursor>,
}

/// Whose settings are gathered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Those of a pool: what its manager opens connections with sets none of them.
    Pool,
    /// Those of all that it is made of.
    All,
}

/// What gathering one construction looks at.
pub(super) struct Gather<'a, 'w> {
    walk: Walk<'a, 'w>,
    whose: Whose,
    todo: Worklist,
    gathered: Gathered<'w>,
}

impl<'a, 'w> Gather<'a, 'w> {
    /// What sets the settings of what a call builds.
    pub(super) fn of(walk: Walk<'a, 'w>, built: &Cursor, whose: Whose) -> Gathered<'w> {
        let mut gather = Gather { walk, whose, todo: Worklist::default(), gathered: Gathered::default() };
        gather.call_of_api(built);
        while let Some(cursor) = gather.todo.pop() {
            gather.visit(&cursor);
        }
        if gather.todo.is_full() {
            gather.opaque("more values than are looked at");
        }
        gather.gathered
    }

    fn opaque(&mut self, what: &'static str) {
        self.gathered.opaque.get_or_insert(what);
        self.gathered.opaque_client.get_or_insert(what);
    }

    fn opaque_at(&mut self, cursor: &Cursor, what: &'static str) {
        self.gathered.opaque.get_or_insert(what);
        if may_be_client(self.walk.tcx, self.walk.bodies.get(cursor.body).ty(cursor.op)) {
            self.gathered.opaque_client.get_or_insert(what);
        }
    }

    fn visit(&mut self, cursor: &Cursor) {
        let data = self.walk.bodies.get(cursor.body);
        match data.kind(cursor.op) {
            _ if self.walk.is_text(data.ty(cursor.op)) => self.address(cursor),
            OpKind::StructLit { .. } => self.struct_literal(cursor),
            OpKind::Local(local) => {
                self.changes(cursor, *local);
                self.follow(cursor);
            }
            _ => self.follow(cursor),
        }
    }

    fn follow(&mut self, cursor: &Cursor) {
        match self.walk.step(cursor) {
            Step::From(found) => found.into_iter().for_each(|one| self.todo.push(one)),
            Step::Foreign => self.call_of_api(cursor),
            Step::Start => {}
            // A text that the code does not show sets no more than an address can.
            Step::Opaque(_) if self.walk.is_on_command_line(cursor) => self.address(cursor),
            Step::Opaque(what) => {
                self.opaque_at(cursor, what);
                if matches!(self.walk.bodies.get(cursor.body).kind(cursor.op), OpKind::Call { .. }) {
                    self.gathered.servers.push(cursor.clone());
                }
            }
        }
    }

    /// A call of another crate's function: what it sets, then what it is called on and given.
    fn call_of_api(&mut self, cursor: &Cursor) {
        let data = self.walk.bodies.get(cursor.body);
        let Some(call) = data.call(cursor.op) else { return };
        self.set_by(cursor);
        let api = data.api(cursor.op).map(|(api, _)| api);
        if let Some(recv) = call.recv {
            self.todo.push(cursor.at(recv));
        }
        let of_text = self.walk.is_made_of_text(cursor);
        let known = api.is_some() || call.recv.is_some() || of_text || self.walk.is_default(cursor);
        if !known {
            self.opaque_at(cursor, "a function that is not known");
            self.gathered.servers.push(cursor.clone());
        }
        let of_std = api.is_some_and(|api| api.path.starts_with("std::"));
        let configures = !of_std && call.recv.is_some_and(|recv| self.may_configure(data.ty(recv), 0));
        for (index, &arg) in call.args.iter().enumerate() {
            if (api.is_none() || of_std) && !configures && !of_text && self.walk.is_text(data.ty(arg)) {
                // A message, a key, or what an unknown function is given: `value.expect("a message")`.
                self.text(&cursor.at(arg));
            } else {
                self.argument(cursor, arg, api.and_then(|api| api.params.get(index)));
            }
        }
    }

    /// An argument that may bring settings along: a configuration, another client, an address.
    fn argument(&mut self, cursor: &Cursor, arg: OpId, declared: Option<&TypeExpr>) {
        let data = self.walk.bodies.get(cursor.body);
        let ty = data.ty(arg);
        let at = cursor.at(arg);
        if self.walk.is_text(ty) {
            self.address(&at);
        } else if matches!(ty.peel_pointers(), Ty::Closure(..)) {
            // `found.map(|config| config.with(x))`: what the closure makes may be what goes on.
            self.closure_result(&at);
        } else if self.may_configure(ty, 0)
            || (ty.yielded().is_unknown() && declared.is_some_and(|ty| self.may_be_configuration(ty)))
            || (is_foreign(self.walk.tcx, ty.yielded()) && declared.is_some_and(|ty| self.is_configuration(ty)))
        {
            self.todo.push(at);
        } else if ty.yielded().peel_pointers().is_unknown() && declared.is_some_and(is_declared_text) {
            self.gathered.servers.push(at);
        }
    }

    fn address(&mut self, cursor: &Cursor) {
        self.text(cursor);
        self.gathered.servers.push(cursor.clone());
    }

    fn text(&mut self, cursor: &Cursor) {
        let text = match self.walk.value(cursor) {
            SettingValue::Text(text) => Some(text),
            _ => None,
        };
        self.gathered.addresses.push(text);
    }

    fn closure_result(&mut self, cursor: &Cursor) {
        let data = self.walk.bodies.get(cursor.body);
        let op = super::walk::closure_behind(data, cursor.op);
        if let OpKind::Closure { tail: Some(tail), .. } = data.kind(op)
            && self.may_configure(data.ty(*tail), 0)
        {
            self.todo.push(cursor.at(*tail));
        }
    }

    /// Whether a value of a type can carry settings.
    fn may_configure(&self, ty: &Ty, depth: usize) -> bool {
        if depth > 4 {
            return false;
        }
        match ty.peel_pointers() {
            Ty::External(path, args) => match self.walk.tcx.role(path) {
                Some(role) if configures(role, self.whose) => true,
                _ => args.first().is_some_and(|arg| self.may_configure(arg, depth + 1)),
            },
            Ty::Future(inner) | Ty::Slice(inner) => self.may_configure(inner, depth + 1),
            Ty::Tuple(parts) => parts.iter().any(|part| self.may_configure(part, depth + 1)),
            _ => false,
        }
    }

    /// Whether a parameter is declared as a configuration.
    fn is_configuration(&self, declared: &TypeExpr) -> bool {
        matches!(declared, TypeExpr::Path { path, .. } if self.walk.tcx.role(path).is_some_and(Role::is_configuration))
    }

    /// Whether the declared type of a parameter leaves open that it is a configuration.
    fn may_be_configuration(&self, declared: &TypeExpr) -> bool {
        match declared {
            TypeExpr::Unknown => true,
            TypeExpr::Path { path, args } => {
                let role = self.walk.tcx.role(path);
                role.is_some_and(|role| configures(role, self.whose))
                    || args.iter().any(|arg| self.may_be_configuration(arg))
            }
            TypeExpr::Ref(inner) | TypeExpr::Slice(inner) => self.may_be_configuration(inner),
            _ => false,
        }
    }

    /// Records what a call sets.
    fn set_by(&mut self, cursor: &Cursor) {
        let Some(row) = self.walk.setting_of_call(cursor) else { return };
        if row.fixed || row.per_request {
            return;
        }
        let data = self.walk.bodies.get(cursor.body);
        let first = data.call(cursor.op).and_then(|call| call.args.first().copied());
        let value = match first {
            _ if row.off => SettingValue::Off,
            Some(arg) => self.walk.value(&cursor.at(arg)),
            None => SettingValue::Unknown,
        };
        let given = first.map_or_else(|| cursor.clone(), |arg| cursor.at(arg));
        self.gathered.found.push(Found { row, value, at: cursor.clone(), given });
    }

    /// `Config { max_size: 5, ..base }` of another crate's struct.
    fn struct_literal(&mut self, cursor: &Cursor) {
        let data = self.walk.bodies.get(cursor.body);
        let OpKind::StructLit { fields, frame } = data.kind(cursor.op) else { return };
        let file = self.walk.tcx.defs.file_of(data.def).facts;
        if let Some(owner) = data.ty(cursor.op).external_path() {
            for &(name, value) in fields {
                self.field(owner, file.text(name), &cursor.at(value));
            }
        } else {
            fields.iter().for_each(|&(_, value)| self.argument(cursor, value, None));
        }
        if let Some(base) = frame.base {
            self.todo.push(cursor.at(base));
        }
    }

    /// A field of another crate's struct is given a value.
    fn field(&mut self, owner: &str, name: &str, value: &Cursor) {
        let row = self.walk.tcx.catalog.settings(&format!("{owner}::{name}"), None);
        if let Some(row) = row.filter(|row| !row.fixed) {
            let set = self.walk.value(value);
            self.gathered.found.push(Found { row, value: set, at: value.clone(), given: value.clone() });
        }
        let data = self.walk.bodies.get(value.body);
        self.argument(value, value.op, None);
        let ty = data.ty(value.op).yielded();
        // Fields that no row describes set nothing: a row of the type names those that hold settings.
        if ty.is_unknown() && (row.is_some() || self.holds_settings(owner, name)) {
            self.todo.push(value.clone());
        } else if is_foreign(self.walk.tcx, ty) && row.is_some() {
            self.opaque("a field of unknown type");
        }
    }

    /// Whether a field of another crate's struct is a configuration itself; of a struct without a row, any may be.
    fn holds_settings(&self, owner: &str, name: &str) -> bool {
        let Some(model) = self.walk.tcx.catalog.type_model(owner, None) else { return true };
        model.fields.iter().any(|(field, ty)| field == name && self.may_be_configuration(ty))
    }

    /// What statements do to a variable: `options.max_connections(5);`, `config.pool = …`, `tune(&mut config)`.
    fn changes(&mut self, cursor: &Cursor, local: LocalId) {
        let data = self.walk.bodies.get(cursor.body);
        for &read in data.flow.reads(local) {
            self.changes_at(cursor, read, 0);
        }
    }

    /// What the users of a place do to it.
    fn changes_at(&mut self, cursor: &Cursor, place: OpId, depth: usize) {
        if depth > MAX_CHANGES {
            return;
        }
        let data = self.walk.bodies.get(cursor.body);
        for &user in data.flow.users(place) {
            match data.kind(user) {
                OpKind::Ref { mutable: true, .. } | OpKind::Deref { .. } => self.changes_at(cursor, user, depth + 1),
                OpKind::Field { .. } => self.changes_at(cursor, user, depth + 1),
                OpKind::Assign { place: to, value } if *to == place => self.assigned(cursor, place, *value),
                OpKind::MethodCall { recv, .. } if *recv == place => self.changed_by_method(cursor, user, place, depth),
                OpKind::MethodCall { .. } | OpKind::Call { .. } => self.changed_by_call(cursor, user, place),
                _ => {}
            }
        }
    }

    /// `config.timeouts = …`.
    fn assigned(&mut self, cursor: &Cursor, place: OpId, value: OpId) {
        let data = self.walk.bodies.get(cursor.body);
        let OpKind::Field { base, name } = data.kind(place) else { return };
        let file = self.walk.tcx.defs.file_of(data.def);
        match data.ty(*base).peel_pointers().external_path() {
            Some(owner) => self.field(owner, file.facts.text(*name), &cursor.at(value)),
            None if owner_of_field(self.walk.tcx, data.ty(*base), file.name(*name)).is_some() => {
                self.argument(cursor, value, None);
            }
            None => self.opaque("a field of unknown type"),
        }
    }

    /// `options.max_connections(5);`: a method of another crate, or of the workspace, that is called on a variable.
    fn changed_by_method(&mut self, cursor: &Cursor, user: OpId, place: OpId, depth: usize) {
        let at = cursor.at(user);
        let data = self.walk.bodies.get(cursor.body);
        let callees: Vec<DefId> = data.callees(user).collect();
        self.changes_of_callees(&at, &callees, place);
        if !callees.is_empty() {
            return;
        }
        self.set_by(&at);
        let args = data.call(user).map_or(&[][..], |call| &call.args);
        for &arg in args {
            self.argument(&at, arg, None);
        }
        // `config.get_pool_config_mut().max_size(5)`, `options.max_connections(5).min_connections(1);`.
        if matches!(data.ty(user), Ty::Ref(_)) || is_chained(data, user) || self.walk.setting_of_call(&at).is_some() {
            self.changes_at(cursor, user, depth + 1);
        }
    }

    /// `tune(&mut config)`.
    fn changed_by_call(&mut self, cursor: &Cursor, user: OpId, place: OpId) {
        let data = self.walk.bodies.get(cursor.body);
        let lent = matches!(data.kind(place), OpKind::Ref { mutable: true, .. });
        if !lent || data.call(user).is_none() {
            return;
        }
        let callees: Vec<DefId> = data.callees(user).collect();
        self.changes_of_callees(&cursor.at(user), &callees, place);
        if callees.is_empty() {
            self.opaque("a call that may change it");
        }
    }

    /// What the functions that a call runs do to one of its operands.
    fn changes_of_callees(&mut self, call: &Cursor, callees: &[DefId], operand: OpId) {
        let data = self.walk.bodies.get(call.body);
        for &callee in callees {
            let takes_self = self.walk.tcx.defs.takes_self(callee);
            let given = data.call(call.op).and_then(|made| made.parameters(takes_self).find(|&(_, op)| op == operand));
            if let Some((param, _)) = given {
                self.changes_inside(call, callee, param);
            }
        }
    }

    /// What a function does to a parameter that it may change.
    fn changes_inside(&mut self, call: &Cursor, callee: DefId, index: Option<u32>) {
        for param in self.walk.inside(call, call.op, callee, index) {
            let data = self.walk.bodies.get(param.body);
            self.changes_at(&param, param.op, 0);
            for &user in data.flow.users(param.op) {
                if let OpKind::Bind { local, .. } = data.kind(user)
                    && !in_closure(data.body, data.body.ops[user.0 as usize].region)
                {
                    self.changes(&param, *local);
                }
            }
        }
    }
}

/// Whether a call is one that no row describes of a builder: what it returns is taken for the builder.
pub(super) fn is_chained(data: &BodyData<'_>, call: OpId) -> bool {
    let target = data.call(call).map(|call| &call.target);
    matches!(target, Some(Target::Known(all)) if all.iter().any(|callee| matches!(callee, Callee::Chain(_))))
}

/// Whether a value of a type may send requests: anything but a configuration, a request and plain values.
fn may_be_client(tcx: &TypeContext<'_>, ty: &Ty) -> bool {
    match ty.yielded().peel_pointers() {
        Ty::Prim(_) => false,
        Ty::External(path, _) if &**path == "std::string::String" => false,
        Ty::External(path, _) => !tcx.role(path).is_some_and(|role| role.is_configuration() || role == Role::Request),
        _ => true,
    }
}

/// Whether a parameter is declared as a text.
fn is_declared_text(declared: &TypeExpr) -> bool {
    match declared {
        TypeExpr::Path { path, .. } => matches!(path.as_str(), "str" | "std::string::String"),
        TypeExpr::Ref(inner) => is_declared_text(inner),
        _ => false,
    }
}

fn configures(role: Role, whose: Whose) -> bool {
    match role {
        Role::Pool | Role::PoolConfig => true,
        Role::Client | Role::ClientConfig | Role::Connection | Role::ConnectionConfig | Role::Request => {
            whose == Whose::All
        }
        Role::MultiplexedConnection | Role::PoolManager => whose == Whose::All,
        _ => false,
    }
}

impl<'w> Walk<'_, 'w> {
    /// The row of the setting that a call sets, or is subject to.
    pub(super) fn setting_of_call(&self, cursor: &Cursor) -> Option<&'w SettingModel> {
        let data = self.bodies.get(cursor.body);
        let by_api = |api: &ApiModel| self.tcx.catalog.settings(&api.path, None);
        if let Some(row) = data.api(cursor.op).and_then(|(api, _)| by_api(api)) {
            return Some(row);
        }
        let OpKind::MethodCall { recv, name, .. } = data.kind(cursor.op) else { return None };
        let owner = data.ty(*recv).yielded().peel_pointers().external_path()?;
        let name = self.tcx.defs.file_of(data.def).facts.text(*name);
        self.tcx.catalog.settings(&format!("{owner}::{name}"), None)
    }
}
