//! How data files are read: what they mean, and what is said about mistakes.

use connlint_catalog::{Catalog, Mode, OnceScope, Role, Runs, TypeExpr};
use semver::Version;

const HEAD: &str = "[crate]\npackage = \"db\"\nlib = \"db\"\ncategory = \"database\"\ntitle = \"db\"\n";

fn load(rows: &str) -> Catalog {
    let text = format!("{HEAD}{rows}");
    match Catalog::from_sources(&[("db.toml", &text)]) {
        Ok(catalog) => catalog,
        Err(error) => panic!("{error}"),
    }
}

fn mistake(rows: &str) -> String {
    let text = format!("{HEAD}{rows}");
    match Catalog::from_sources(&[("db.toml", &text)]) {
        Ok(_) => panic!("no mistake was found in\n{rows}"),
        Err(error) => error.to_string(),
    }
}

fn version(text: &str) -> Option<Version> {
    Version::parse(text).ok()
}

#[test]
fn an_unknown_key_is_told_with_its_line_and_the_allowed_ones() {
    let error = mistake("[[type]]\npath = \"db::Pool\"\ncolour = \"red\"\n");
    assert!(error.starts_with("db.toml:8: unknown field `colour`, expected one of"), "{error}");
}

#[test]
fn an_unknown_runs_value_is_told_with_the_allowed_ones() {
    let error = mistake("[[api]]\npath = \"db::f\"\ncallbacks = [{ arg = 0, runs = \"often\" }]\n");
    assert!(
        error.starts_with("db.toml:8: unknown way to run `often`, expected one of `request`, `middleware`"),
        "{error}"
    );
}

#[test]
fn an_unknown_role_effect_receiver_or_argument_is_told() {
    assert!(mistake("[[type]]\npath = \"db::P\"\nrole = \"pond\"\n").contains("unknown variant `pond`"));
    assert!(mistake("[[api]]\npath = \"db::f\"\neffect = [\"open\"]\n").contains("unknown variant `open`"));
    assert!(mistake("[[api]]\npath = \"db::f\"\nself = \"mut\"\n").contains("allowed: false, \"value\", \"ref\""));
    let error = mistake("[[api]]\npath = \"db::f\"\ncallbacks = [{ arg = -1, runs = \"now\" }]\n");
    assert!(error.contains("allowed: 0, 1, …, \"all\" or \"self\""), "{error}");
}

#[test]
fn a_wrong_type_expression_is_told_with_its_line() {
    let error = mistake("[[type]]\npath = \"db::P<T>\"\nmethods = [\n  \"a(&self)\",\n  \"b(&self -> T\",\n]\n");
    assert_eq!(error, "db.toml:10: expected `,`, found `-> T` in `b(&self -> T`");
}

#[test]
fn an_alias_that_leads_back_to_itself_is_a_mistake() {
    let error =
        mistake("[[alias]]\npath = \"db::A\"\ntarget = \"db::B\"\n[[alias]]\npath = \"db::B\"\ntarget = \"db::A\"\n");
    assert!(error.contains("leads back to itself"), "{error}");
}

#[test]
fn an_extension_of_an_unknown_type_is_a_mistake() {
    let error = mistake("[[type]]\npath = \"db::Nobody\"\nextends = true\n");
    assert!(error.contains("no other row describes the type `db::Nobody`"), "{error}");
}

#[test]
fn an_alias_is_followed_and_told() {
    let catalog = load(
        "[[type]]\npath = \"db::Pool<DB>\"\nalso = [\"db::pool::Pool\"]\n\
         [[alias]]\npath = \"db::PgPool\"\ntarget = \"db::Pool<db::Postgres>\"\nalso = [\"db::postgres::PgPool\"]\n\
         [[api]]\npath = \"db::Pool::connect\"\nreturns = \"Result<db::Pool<DB>, db::Error>\"\nmode = \"async\"\n",
    );
    let found = catalog.canonical("db::postgres::PgPool::connect");
    assert_eq!((found.path.as_ref(), found.alias_len), ("db::Pool::connect", 3));
    let target = found.alias.map(|alias| alias.target.clone());
    let postgres = TypeExpr::Path { path: "db::Postgres".to_owned(), args: vec![] };
    assert_eq!(target, Some(TypeExpr::Path { path: "db::Pool".to_owned(), args: vec![postgres] }));

    let api = catalog.api("db::Pool::connect", None).expect("connect");
    assert_eq!((api.mode, api.type_generics, api.generics.as_slice()), (Mode::Async, 1, &["DB".to_owned()][..]));
    assert!(catalog.knows("db::postgres") && catalog.knows("db::pool::Pool") && !catalog.knows("db::nothing"));
}

#[test]
fn the_row_that_fits_the_version_is_found_and_the_first_without_version() {
    let catalog = load(
        "[[type]]\npath = \"db::Pool\"\nrole = \"pool\"\nversions = \">=2\"\n\
         [[type]]\npath = \"db::Pool\"\nrole = \"client\"\nversions = \"<2\"\n",
    );
    let role = |version: Option<Version>| catalog.type_model("db::Pool", version.as_ref()).map(|model| model.role);
    assert_eq!(role(None), Some(Role::Pool));
    assert_eq!(role(version("1.4.0")), Some(Role::Client));
    assert_eq!(role(version("2.0.0-rc.1")), Some(Role::Pool));
    assert!(catalog.inconsistencies().is_empty());
}

#[test]
fn two_rows_for_one_version_are_inconsistent() {
    let catalog = load("[[api]]\npath = \"db::f\"\n[[api]]\npath = \"db::f\"\nversions = \">=2\"\n");
    assert_eq!(catalog.inconsistencies().len(), 1);
}

#[test]
fn a_client_of_another_service_has_a_timeout_or_a_reason_for_none() {
    let found = |key: &str, rows: &str| {
        let text = format!(
            "[crate]\npackage = \"mails\"\ncategory = \"mail\"\n{key}[[type]]\npath = \"mails::Client\"\nrole = \"client\"\n\
             [[api]]\npath = \"mails::Client::new\"\nreturns = \"Result<mails::Client, _>\"\neffect = [\"build_client\"]\n{rows}"
        );
        Catalog::from_sources(&[("mails.toml", &text)]).expect("it loads").inconsistencies()
    };
    let reason = "timeout_unknown = \"it is the caller's\"\n";
    let of_type = "[[setting]]\npath = \"mails::send\"\npurpose = \"request_timeout\"\ndefault = \"none\"\n\
                   of = [\"mails::Client\"]\n";
    let of_call = "[[setting]]\npath = \"mails::Client::new\"\npurpose = \"read_timeout\"\nfixed = true\n";
    let another = "[[setting]]\npath = \"mails::Client::new\"\npurpose = \"per_target\"\n";
    assert_eq!(found("", ""), ["no timeout is known of what `mails::Client::new` makes"]);
    assert_eq!(found("", another).len(), 1);
    assert!(found("", of_type).is_empty() && found("", of_call).is_empty() && found(reason, "").is_empty());
    assert_eq!(found(reason, of_type), ["`mails` has a reason for unknown timeouts, and none is unknown"]);
}

#[test]
fn traits_and_aliases_that_lead_nowhere_are_inconsistent() {
    let catalog = load(
        "[[type]]\npath = \"db::P\"\ntraits = [\"db::Gone\"]\n[[alias]]\npath = \"db::A\"\ntarget = \"db::Missing\"\n",
    );
    assert_eq!(catalog.inconsistencies().len(), 2);
}

#[test]
fn methods_of_traits_are_found_on_types_with_the_arguments_filled_in() {
    let catalog = load(
        "[[trait]]\npath = \"db::Rows<T>\"\ntraits = [\"db::Base\"]\nmethods = [\"next<U>(&self, U) -> (T, U)\"]\n\
         [[trait]]\npath = \"db::Base\"\nmethods = [\"close(self)\"]\n\
         [[type]]\npath = \"db::Set<K, V>\"\ntraits = [\"db::Rows<V>\"]\n",
    );
    let next = catalog.method("db::Set", "next", None).expect("next");
    assert_eq!(next.path, "db::Set::next");
    assert_eq!(next.generics, ["K", "V", "U"]);
    assert_eq!(next.returns, TypeExpr::Tuple(vec![TypeExpr::Param(1), TypeExpr::Param(2)]));
    assert_eq!(catalog.method("db::Set", "close", None).map(|api| api.path.as_str()), Some("db::Base::close"));
    assert!(catalog.method("db::Set", "open", None).is_none());
}

#[test]
fn an_opening_makes_what_its_effect_says_unless_told() {
    let catalog = load(
        "[[api]]\npath = \"db::open\"\neffect = [\"open_conn\"]\n\
         [[api]]\npath = \"db::client\"\neffect = [\"open_connection\"]\nresource = \"client\"\n",
    );
    assert_eq!(catalog.api("db::open", None).and_then(|api| api.resource), Some(Role::Connection));
    assert_eq!(catalog.api("db::client", None).and_then(|api| api.resource), Some(Role::Client));
}

#[test]
fn callbacks_tell_argument_and_scope() {
    let catalog = load(
        "[[macro]]\npath = \"db::all\"\ncallbacks = [{ arg = \"all\", runs = \"once_per_key\", future = true }]\n",
    );
    let callbacks = catalog.macro_model("db::all", None).map(|model| model.callbacks.clone()).unwrap_or_default();
    let told: Vec<_> = callbacks.iter().map(|callback| (callback.arg, callback.runs, callback.is_future)).collect();
    assert_eq!(told, [(None, Runs::Once(OnceScope::Key), true)]);
}
