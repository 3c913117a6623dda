//! What a function could use in place of an opening: a pool that gives out what is opened, or a client or pool of the same
//! type, where one is in scope.

use connlint_catalog::{Effect, Mode, Role};
use connlint_facts::{LocalId, OpId};

use crate::domain::AtHand;
use crate::infer::bodies::BodyData;
use crate::infer::def_use::inside_region;
use crate::types::context::TypeContext;
use crate::types::ty::Ty;

/// How far a variable is dereferenced, as in `State<Arc<AppState>>`, and what a pool gives out.
const MAX_DEREF: usize = 4;

/// What is in scope before an opening and can take its place; the innermost variable comes first.
pub(crate) fn at_hand(tcx: &TypeContext<'_>, data: &BodyData<'_>, opening: OpId) -> Option<AtHand> {
    let opened = Opened::of(tcx, data, opening)?;
    let mut locals = (0..data.body.locals.len()).rev().map(|index| LocalId(index as u32));
    locals.find_map(|local| {
        let value = in_scope(data, local, opening)?;
        let name = tcx.defs.file_of(data.def).facts.text(data.body.locals[local.0 as usize].name);
        derefs(tcx, data.ty(value))
            .find_map(|ty| opened.taken_from(tcx, name, &ty).or_else(|| opened.in_field(tcx, name, &ty)))
    })
}

/// The value of a variable that is bound before an operation and can be used there.
fn in_scope(data: &BodyData<'_>, local: LocalId, opening: OpId) -> Option<OpId> {
    let scope = data.body.locals[local.0 as usize].scope;
    let value = *data.flow.writes(local).first()?;
    let is_seen = value < opening && inside_region(data.body, data.body.ops[opening.0 as usize].region, scope);
    is_seen.then_some(value)
}

/// A type, and what it dereferences to.
fn derefs<'t>(tcx: &'t TypeContext<'_>, ty: &Ty) -> impl Iterator<Item = Ty> + 't {
    std::iter::successors(Some(ty.clone()), |ty| tcx.deref(ty)).take(MAX_DEREF)
}

/// What an opening yields in the end, and how.
struct Opened<'t> {
    ty: &'t Ty,
    role: Role,
    awaited: bool,
}

impl<'t> Opened<'t> {
    fn of(tcx: &TypeContext<'_>, data: &'t BodyData<'_>, opening: OpId) -> Option<Self> {
        let ty = data.ty(opening).yielded();
        Some(Self { ty, role: tcx.role_of(ty)?, awaited: data.is_awaited_at_once(opening) })
    }

    /// How a value of a type is asked for what is opened: a pool for a connection, a client for itself.
    fn taken_from(&self, tcx: &TypeContext<'_>, place: &str, ty: &Ty) -> Option<AtHand> {
        let model = tcx.catalog.type_model(ty.external_path()?, None)?;
        if matches!(self.role, Role::Client | Role::Pool) {
            let is_same = model.cheap_clone && ty == self.ty;
            return is_same.then(|| AtHand { code: format!("{place}.clone()"), fallible: false });
        }
        let gives = tcx.catalog.methods_with(ty.external_path()?, Effect::Acquire).find(|api| {
            let is_plain = api.takes_self && !api.consumes_self && api.params.is_empty();
            let fits = (api.mode == Mode::Async) == self.awaited && !api.effects.contains(&Effect::Begin);
            is_plain && fits && self.is_given(tcx, tcx.instantiate(&api.returns, ty.args(), Some(ty)).yielded())
        })?;
        let name = gives.path.rsplit("::").next()?;
        let awaits = if self.awaited { ".await" } else { "" };
        Some(AtHand { code: format!("{place}.{name}(){awaits}"), fallible: true })
    }

    /// Whether what a pool gives out leads to what is opened, or to a trait that it implements.
    fn is_given(&self, tcx: &TypeContext<'_>, given: &Ty) -> bool {
        let traits =
            self.ty.external_path().and_then(|path| tcx.catalog.type_model(path, None)).map(|model| &model.traits);
        let is_trait =
            |ty: &Ty| ty.external_path().is_some_and(|path| traits.is_some_and(|all| all.iter().any(|t| t == path)));
        derefs(tcx, given).skip(1).any(|ty| ty == *self.ty || is_trait(&ty))
    }

    /// The same of the fields of a type of the workspace.
    fn in_field(&self, tcx: &TypeContext<'_>, place: &str, ty: &Ty) -> Option<AtHand> {
        let Ty::Adt(def, _) = ty else { return None };
        let (_, fields) = tcx.fields(*def)?;
        let file = tcx.defs.file_of(*def).facts;
        fields.iter().zip(tcx.lowered_fields(*def)).find_map(|(field, ty)| {
            let place = format!("{place}.{}", file.text(field.name));
            derefs(tcx, ty).find_map(|ty| self.taken_from(tcx, &place, &ty))
        })
    }
}
