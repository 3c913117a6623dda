//! Words by which a package that no data file describes is judged: `data/unknown_crates.toml`.

use serde::{Deserialize, Serialize};

use crate::effect::Effect;
use crate::model::{ApiModel, Mode, TypeExpr};

/// The words, in the order of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageWords {
    /// What servers are called, as a part of a package's name between `-` and `_`.
    pub servers: Vec<String>,
    /// Parts of names by which crates say that they open nothing.
    pub passive: Vec<String>,
    /// Packages that run on sockets.
    pub runtimes: Vec<String>,
    /// What constructors of such packages' types are taken for.
    pub guesses: Vec<Guess>,
    /// Packages that draw on a terminal: what depends on one works for the one user who sits there.
    pub terminals: Vec<String>,
    /// Packages with which code is built for a browser.
    pub browsers: Vec<Browser>,
}

/// A package with which code is built for a browser, where nothing that it serves runs on a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Browser {
    /// The package, as published.
    pub package: String,
    /// Features of which one says so; none: the dependency alone does.
    pub features: Vec<String>,
    /// Features of which one says that it is a server, or a program of a desktop, after all.
    pub unless: Vec<String>,
}

impl PackageWords {
    /// Whether who depends on a package with some features is built for a browser.
    pub fn is_of_browser(&self, package: &str, features: &[String]) -> bool {
        let any = |of: &[String]| of.iter().any(|feature| features.contains(feature));
        let mut known = self.browsers.iter().filter(|browser| browser.package == package);
        known.any(|browser| (browser.features.is_empty() || any(&browser.features)) && !any(&browser.unless))
    }
}

/// What constructors are taken for where only their names are known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guess {
    /// The last words of the types' names: `Client` for `SomeHttpClient`.
    pub types: Vec<String>,
    /// The names of the associated functions.
    pub functions: Vec<String>,
    /// What calling one does.
    pub effect: Effect,
}

impl Guess {
    /// The rows that it stands for.
    pub(crate) fn rows(&self) -> impl Iterator<Item = ApiModel> + '_ {
        let paths = self.types.iter().flat_map(|word| self.functions.iter().map(move |name| format!("{word}::{name}")));
        paths.map(|path| ApiModel {
            path,
            package: String::new(),
            versions: semver::VersionReq::STAR,
            generics: Vec::new(),
            type_generics: 0,
            takes_self: false,
            consumes_self: false,
            params: Vec::new(),
            returns: TypeExpr::SelfType,
            mode: Mode::Sync,
            io: None,
            effects: vec![self.effect],
            resource: None,
            callbacks: Vec::new(),
            http_method: None,
            route: None,
            driver_index: None,
            executor_arg: None,
            remedy: None,
            source: None,
            note: None,
        })
    }
}

/// The last word of a type's name: `Client` of `SomeHttpClient`.
pub(crate) fn last_word(name: &str) -> &str {
    name.rfind(char::is_uppercase).map_or(name, |at| &name[at..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_of_a_browser_by_its_features() {
        let browser = |features: &[&str], unless: &[&str]| Browser {
            package: "pages".to_owned(),
            features: features.iter().map(|&feature| feature.to_owned()).collect(),
            unless: unless.iter().map(|&feature| feature.to_owned()).collect(),
        };
        let asks = |of: Browser, features: &[&str]| {
            let words = PackageWords { browsers: vec![of], ..PackageWords::default() };
            let features: Vec<String> = features.iter().map(|&feature| feature.to_owned()).collect();
            words.is_of_browser("pages", &features)
        };
        assert!(asks(browser(&["csr", "hydrate"], &["ssr"]), &["csr"]));
        assert!(!asks(browser(&["csr", "hydrate"], &["ssr"]), &["csr", "ssr"]), "it runs on a server as well");
        assert!(!asks(browser(&["csr", "hydrate"], &["ssr"]), &[]), "its own features decide");
        assert!(asks(browser(&[], &[]), &[]));
    }
}
