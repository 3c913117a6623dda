//! What a process could keep in place of the connections that a function opens: a pool of them.

use connlint_catalog::{ApiModel, Effect, Mode, TypeExpr};
use connlint_facts::OpId;

use crate::domain::PoolInstead;
use crate::infer::bodies::BodyData;
use crate::types::context::TypeContext;
use crate::types::display::show;

/// The pool whose rows say that it is made of what an opening is given and gives out what that yields.
pub(crate) fn pool_instead(
    tcx: &TypeContext<'_>,
    data: &BodyData<'_>,
    (api, op): (&ApiModel, OpId),
) -> Option<PoolInstead> {
    let opened = data.ty(op).yielded();
    let path = opened.external_path()?;
    let model = tcx.catalog.type_model(path, None)?;
    let pool = tcx.instantiate(model.pool.as_ref()?, opened.args(), None);
    let pool_path = pool.external_path()?;
    let makes = constructor(tcx, pool_path, api)?;
    let gives = tcx.catalog.methods_with(pool_path, Effect::Acquire).find(|method| {
        let is_plain = method.takes_self && !method.consumes_self && method.params.is_empty();
        is_plain && method.mode == Mode::Async && !method.effects.contains(&Effect::Begin) && is_result(&method.returns)
    })?;
    let owners = std::iter::once(path).chain(model.traits.iter().map(String::as_str));
    let closes = owners.flat_map(|owner| tcx.catalog.methods_with(owner, Effect::Close)).map(name);
    let given = tcx.instantiate(&gives.returns, pool.args(), Some(&pool));
    (data.is_awaited_at_once(op) && api.mode == Mode::Async).then(|| PoolInstead {
        ty: show(tcx, &pool),
        made_by: name(makes),
        taken_by: name(gives),
        opened: path.to_owned(),
        given: show(tcx, given.yielded()),
        closed_by: closes.collect(),
    })
}

/// The one function that makes a pool of the same arguments, and fails as the opening does.
fn constructor<'c>(tcx: &TypeContext<'c>, pool: &str, opening: &ApiModel) -> Option<&'c ApiModel> {
    let mut all = tcx.catalog.lazy_constructors(pool);
    all.find(|makes| makes.params == opening.params && is_result(&makes.returns))
}

fn name(api: &ApiModel) -> String {
    api.path.rsplit("::").next().unwrap_or_default().to_owned()
}

fn is_result(ty: &TypeExpr) -> bool {
    matches!(ty, TypeExpr::Path { path, .. } if path == "std::result::Result")
}
