//! Cross-checks over the whole catalog, for tests and for tools that keep the data.

use rustc_hash::FxHashMap;
use semver::VersionReq;

use crate::catalog::Catalog;
use crate::model::TypeExpr;
use crate::versions::common;

impl Catalog {
    /// What is wrong with the data beyond their form: trait paths, alias targets and types of generated code that lead nowhere, two rows of one
    /// path that apply to the same version. Empty where all is well; in the order of the data.
    pub fn inconsistencies(&self) -> Vec<String> {
        let mut found = self.dangling_traits();
        found.extend(self.dangling_aliases());
        found.extend(self.dangling_generated());
        found.extend(self.dangling_settings());
        found.extend(self.dangling_batches());
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
