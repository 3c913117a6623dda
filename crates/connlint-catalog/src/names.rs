//! The names that are known before rows are converted: aliases, re-exports and generic parameters.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::{AliasModel, TypeExpr};
use crate::paths::Rewrites;
use crate::source::{CatalogError, Source};
use crate::type_expr::{parse_row_path, parse_type};

/// What is said of a type whose aliases make it huge.
pub(crate) const TOO_LARGE: &str = "the type is too large once its aliases are filled in";

/// Parts of a type, aliases filled in, beyond which it is a mistake or an attack.
const MAX_TYPE_NODES: usize = 2_000;

/// Names that are known before rows are converted.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) rewrites: Rewrites,
    pub(crate) aliases: Vec<AliasModel>,
    /// Generic parameters of types and traits, by canonical path.
    pub(crate) generics: FxHashMap<String, Vec<String>>,
    /// Where the rows come on top of a catalog.
    pub(crate) layer: Option<Layer>,
}

/// What is known of rows that come on top of a catalog.
#[derive(Debug, Default)]
pub(crate) struct Layer {
    /// The crates that have an entry, by their names in paths; the catalog's too.
    pub(crate) libs: FxHashSet<String>,
    /// Those of the new rows, in their order.
    pub(crate) own: Vec<String>,
    /// Paths whose rewriting the new rows give.
    pub(crate) rewritten: FxHashSet<String>,
}

/// Adds the names of the files.
pub(crate) fn collect_names(sources: &[Source<'_>], names: &mut Names) -> Result<(), CatalogError> {
    let known = names.aliases.len();
    for source in sources {
        collect_aliases(source, names)?;
    }
    for source in sources {
        collect_rewrites(source, names)?;
    }
    for source in sources {
        check_cycles(source, names)?;
        collect_generics(source, names)?;
    }
    resolve_aliases(sources, names, known)
}

fn collect_aliases(source: &Source<'_>, names: &mut Names) -> Result<(), CatalogError> {
    for row in &source.file.aliases {
        let (path, generics) =
            parse_row_path(row.path.as_ref()).map_err(|error| source.syntax_error(&row.path, &error))?;
        let target =
            parse_type(row.target.as_ref(), &generics).map_err(|error| source.syntax_error(&row.target, &error))?;
        let to = match &target {
            TypeExpr::Path { path, .. } => path.clone(),
            // Nothing can be found below a tuple, a reference or a function type.
            _ => path.clone(),
        };
        let index = names.aliases.len();
        if !names.rewrite(&path, &to, Some(index)) {
            return Err(source.error(&row.path, format!("`{path}` has another alias already")));
        }
        for also in &row.also {
            names.rewrite(also, &path, None);
        }
        names.aliases.push(AliasModel { path, generics, target });
    }
    Ok(())
}

fn collect_rewrites(source: &Source<'_>, names: &mut Names) -> Result<(), CatalogError> {
    let file = &source.file;
    let types = file.types.iter().map(|row| (&row.path, &row.also));
    let traits = file.traits.iter().map(|row| (&row.path, &row.also));
    let apis = file.apis.iter().map(|row| (&row.path, &row.also));
    let attributes = file.attributes.iter().map(|row| (&row.path, &row.also));
    let macros = file.macros.iter().map(|row| (&row.path, &row.also));
    for (path, also) in types.chain(traits).chain(apis).chain(attributes).chain(macros) {
        let (canonical, _) = parse_row_path(path.as_ref()).map_err(|error| source.syntax_error(path, &error))?;
        for other in also {
            if !names.rewrite(other, &canonical, None) {
                return Err(source.error(path, format!("`{other}` leads to another path already")));
            }
        }
    }
    for reexport in &file.krate.reexports {
        let from = reexport.from.as_ref();
        if !names.rewrite(from, &reexport.to, None) {
            return Err(source.error(&reexport.from, format!("`{from}` leads to another path already")));
        }
    }
    Ok(())
}

fn check_cycles(source: &Source<'_>, names: &Names) -> Result<(), CatalogError> {
    for reexport in &source.file.krate.reexports {
        if !names.rewrites.terminates(reexport.from.as_ref()) {
            return Err(source.error(&reexport.from, "this re-export leads back to itself"));
        }
    }
    for row in &source.file.aliases {
        let (path, _) = parse_row_path(row.path.as_ref()).map_err(|error| source.syntax_error(&row.path, &error))?;
        if !names.rewrites.terminates(&path) {
            return Err(source.error(&row.path, "this alias leads back to itself"));
        }
    }
    Ok(())
}

fn collect_generics(source: &Source<'_>, names: &mut Names) -> Result<(), CatalogError> {
    let rows = source.file.types.iter().map(|row| &row.path).chain(source.file.traits.iter().map(|row| &row.path));
    for row in rows {
        let (path, generics) = parse_row_path(row.as_ref()).map_err(|error| source.syntax_error(row, &error))?;
        let path = names.rewrites.canonical(&path).path.into_owned();
        names.generics.entry(path).or_insert(generics);
    }
    Ok(())
}

/// Alias targets may name other aliases and other public paths. The first `known` ones are done.
fn resolve_aliases(sources: &[Source<'_>], names: &mut Names, known: usize) -> Result<(), CatalogError> {
    let rows = sources.iter().flat_map(|source| source.file.aliases.iter().map(move |row| (source, row)));
    let mut resolved = Vec::new();
    for ((source, row), alias) in rows.zip(names.aliases.iter().skip(known)) {
        resolved.push(names.resolve(&alias.target).ok_or_else(|| source.error(&row.target, TOO_LARGE))?);
    }
    for (alias, target) in names.aliases.iter_mut().skip(known).zip(resolved) {
        alias.target = target;
    }
    Ok(())
}

impl Names {
    /// Gives a path another canonical one; whether it had none, or the same. On top of a catalog the first one given
    /// for a path takes the place of the catalog's.
    fn rewrite(&mut self, from: &str, to: &str, alias: Option<usize>) -> bool {
        if let Some(layer) = &mut self.layer
            && layer.rewritten.insert(from.to_owned())
        {
            self.rewrites.remove(from);
        }
        self.rewrites.add(from, to, alias)
    }

    /// On top of a catalog: that the path lies in a crate that has an entry.
    pub(crate) fn check_crate(&self, path: &str) -> Result<(), String> {
        let Some(layer) = &self.layer else { return Ok(()) };
        let krate = path.split_once("::").map_or(path, |(first, _)| first);
        if layer.libs.contains(krate) {
            return Ok(());
        }
        let own: Vec<String> = layer.own.iter().map(|lib| format!("`{lib}`")).collect();
        Err(format!("unknown crate `{krate}`, expected a crate of the catalog or of an entry: {}", own.join(", ")))
    }

    /// On top of a catalog: that the path is a trait's, or a type's.
    pub(crate) fn check_trait(&self, path: &str) -> Result<(), String> {
        if self.layer.is_none() || self.generics.contains_key(path) {
            return Ok(());
        }
        Err(format!("the trait `{path}` has no row, so no methods are known of it"))
    }

    /// Brings the paths of a type expression to canonical form and expands aliases; `None` if that makes it too large.
    pub(crate) fn resolve(&self, written: &TypeExpr) -> Option<TypeExpr> {
        self.resolve_within(written, 0, &mut MAX_TYPE_NODES.clone())
    }

    fn resolve_within(&self, written: &TypeExpr, depth: usize, budget: &mut usize) -> Option<TypeExpr> {
        *budget = budget.checked_sub(1)?;
        let mut all = |list: &[TypeExpr]| -> Option<Vec<TypeExpr>> {
            list.iter().map(|element| self.resolve_within(element, depth, budget)).collect()
        };
        Some(match written {
            TypeExpr::Path { path, args } => {
                let args = all(args)?;
                return self.resolve_path(path, args, depth, budget);
            }
            TypeExpr::Ref(inner) => TypeExpr::Ref(Box::new(self.resolve_within(inner, depth, budget)?)),
            TypeExpr::Tuple(elements) => TypeExpr::Tuple(all(elements)?),
            TypeExpr::Slice(element) => TypeExpr::Slice(Box::new(self.resolve_within(element, depth, budget)?)),
            TypeExpr::Fn { params, ret } => {
                TypeExpr::Fn { params: all(params)?, ret: Box::new(self.resolve_within(ret, depth, budget)?) }
            }
            TypeExpr::Param(_) | TypeExpr::SelfType | TypeExpr::Unknown => written.clone(),
        })
    }

    fn resolve_path(&self, path: &str, args: Vec<TypeExpr>, depth: usize, budget: &mut usize) -> Option<TypeExpr> {
        let found = self.rewrites.canonical(path);
        let alias = found.alias.and_then(|(index, covered)| Some((self.aliases.get(index)?, covered)));
        match alias {
            // Aliases of aliases are few levels deep; the bound guards against a cycle through arguments.
            Some((alias, covered)) if depth < 8 && covered == crate::paths::segments(path) => {
                self.resolve_within(&alias.target.substitute(&args), depth + 1, budget)
            }
            _ => Some(TypeExpr::Path { path: found.path.into_owned(), args }),
        }
    }
}
