//! Cross-checks over the whole catalog, for tests and for tools that keep the data.

use rustc_hash::FxHashMap;
use semver::VersionReq;

use crate::catalog::Catalog;
use crate::effect::Effect;
use crate::model::{ApiModel, SettingModel, TypeExpr};
use crate::versions::common;

/// The categories of crates whose clients wait for an answer of another service.
const ANSWERING: [&str; 5] = ["bot", "cloud", "http", "mail", "rpc"];

/// The purposes of settings that limit how long a request takes.
const REQUEST_LIMITS: [&str; 2] = ["read_timeout", "request_timeout"];

impl Catalog {
    /// What is wrong with the data beyond their form: trait paths, alias targets and types of generated code that lead
    /// nowhere, clients of which no setting says how long a request may take, two rows of one path that apply to the
    /// same version. Empty where all is well; in the order of the data.
    pub fn inconsistencies(&self) -> Vec<String> {
        let mut found = self.dangling_traits();
        found.extend(self.dangling_aliases());
        found.extend(self.dangling_generated());
        found.extend(self.dangling_settings());
        found.extend(self.dangling_batches());
        found.extend(self.clients_of_unknown_timeout());
        let rows = self.types().map(|row| ("type", row.path.as_str(), &row.versions));
        found.extend(overlapping(rows));
        found.extend(overlapping(self.traits().map(|row| ("trait", row.path.as_str(), &row.versions))));
        found.extend(overlapping(self.apis().map(|row| ("api", row.path.as_str(), &row.versions))));
        found.extend(overlapping(self.attributes().map(|row| ("attribute", row.path.as_str(), &row.versions))));
        found.extend(overlapping(self.macros().map(|row| ("macro", row.path.as_str(), &row.versions))));
        found.extend(overlapping(self.all_settings().map(|row| ("setting", row.path.as_str(), &row.versions))));
        found
    }

    fn dangling_traits(&self) -> Vec<String> {
        let types = self.types().map(|row| (&row.path, &row.traits));
        let traits = self.traits().map(|row| (&row.path, &row.supertraits));
        let all = types.chain(traits).flat_map(|(owner, traits)| traits.iter().map(move |path| (owner, path)));
        all.filter(|(_, path)| self.trait_model(path, None).is_none() && self.type_model(path, None).is_none())
            .map(|(owner, path)| format!("`{owner}` names the trait `{path}`, which has no row"))
            .collect()
    }

    fn dangling_generated(&self) -> Vec<String> {
        let named = self.generated().flat_map(|row| {
            let client = row.client.as_ref().map(|client| &client.path);
            client.into_iter().chain(&row.request).map(move |path| (row, path))
        });
        named
            .filter(|(_, path)| self.type_model(path, None).is_none())
            .map(|(row, path)| format!("the generated code of `{}` names `{path}`, which has no row", row.path))
            .collect()
    }

    fn dangling_settings(&self) -> Vec<String> {
        let named = self.all_settings().flat_map(|row| row.of.iter().map(move |path| (row, path)));
        named
            .filter(|(_, path)| self.type_model(path, None).is_none())
            .map(|(row, path)| format!("the setting `{}` is of `{path}`, which has no row", row.path))
            .collect()
    }

    /// Clients that no row of a timeout is about, and reasons for that where there is none.
    fn clients_of_unknown_timeout(&self) -> Vec<String> {
        let mut found = Vec::new();
        for krate in self.crates().filter(|krate| ANSWERING.contains(&krate.category.as_str())) {
            let of_crate = |api: &&ApiModel| api.path.split("::").next() == Some(krate.lib.as_str());
            let mut left =
                self.written_apis().filter(of_crate).filter(|api| self.is_of_unknown_timeout(api)).peekable();
            match (&krate.timeout_unknown, left.peek()) {
                (None, _) => {
                    found.extend(left.map(|api| format!("no timeout is known of what `{}` makes", api.path)));
                }
                (Some(_), None) => {
                    found.push(format!("`{}` has a reason for unknown timeouts, and none is unknown", krate.lib));
                }
                (Some(_), Some(_)) => {}
            }
        }
        found
    }

    fn is_of_unknown_timeout(&self, api: &ApiModel) -> bool {
        use Effect::{BuildClient, SharedClient, ThrowawayClient};
        let is_client = |effect: &Effect| matches!(effect, BuildClient | ThrowawayClient | SharedClient);
        let limits = |setting: &SettingModel| REQUEST_LIMITS.contains(&setting.purpose.as_str());
        let fixed = self.settings(&api.path, None).is_some_and(|row| row.fixed && limits(row));
        let governed = |path: &str| self.settings_of(path, None).any(limits);
        api.effects.iter().any(is_client) && !fixed && !names_type(&api.returns, &governed)
    }

    fn dangling_batches(&self) -> Vec<String> {
        let named = self
            .batches()
            .flat_map(|row| row.calls.iter().chain(&row.with).chain(&row.names).map(move |path| (row, path)));
        named
            .filter(|(_, path)| !self.knows(path))
            .map(|(row, path)| format!("a batch form of `{}` names `{path}`, which has no row", row.lib))
            .collect()
    }

    fn dangling_aliases(&self) -> Vec<String> {
        let named = self.aliases().filter_map(|alias| match &alias.target {
            TypeExpr::Path { path, .. } => Some((alias, path)),
            _ => None,
        });
        named
            .filter(|(_, path)| path.contains("::") && !self.knows(path))
            .map(|(alias, path)| format!("the alias `{}` leads to `{path}`, which has no row", alias.path))
            .collect()
    }
}

/// Whether a type, or one that it is made of, fits.
fn names_type(ty: &TypeExpr, fits: &dyn Fn(&str) -> bool) -> bool {
    match ty {
        TypeExpr::Path { path, args } => fits(path) || args.iter().any(|arg| names_type(arg, fits)),
        TypeExpr::Ref(inner) | TypeExpr::Slice(inner) => names_type(inner, fits),
        TypeExpr::Tuple(parts) => parts.iter().any(|part| names_type(part, fits)),
        _ => false,
    }
}

/// Rows of one path that apply to the same version.
fn overlapping<'a>(rows: impl Iterator<Item = (&'static str, &'a str, &'a VersionReq)>) -> Vec<String> {
    let mut seen: FxHashMap<&str, Vec<&VersionReq>> = FxHashMap::default();
    let mut found = Vec::new();
    for (kind, path, versions) in rows {
        let earlier = seen.entry(path).or_default();
        if let Some(version) = earlier.iter().find_map(|other| common(other, versions)) {
            found.push(format!("two {kind} rows of `{path}` apply to version {version}"));
        }
        earlier.push(versions);
    }
    found
}
