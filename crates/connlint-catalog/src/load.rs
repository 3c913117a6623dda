//! Data files to models: parse, collect the names, resolve the paths, check.

use std::fmt;
use std::ops::Range;

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::convert::{Converter, TOO_LARGE};
use crate::model::{
    AliasModel, ApiModel, AttributeModel, CrateModel, MacroModel, Marks, Role, SettingModel, TraitModel, TypeExpr,
    TypeModel, Unproved,
};
use crate::paths::Rewrites;
use crate::schema::CrateModels;
use crate::type_expr::{SyntaxError, parse_row_path, parse_type};

/// Why the data cannot be used: a file, a line and what is wrong there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogError {
    /// The data file, as given.
    pub file: String,
    /// Its line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// The bytes of the file's text that are wrong; `None` where the whole file is meant.
    pub range: Option<Range<usize>>,
    /// What is wrong and what is allowed.
    pub message: String,
}

impl fmt::Display for CatalogError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.file, self.line, self.message)
    }
}

impl std::error::Error for CatalogError {}

/// All models, in the order of the files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Models {
    pub(crate) crates: Vec<CrateModel>,
    pub(crate) aliases: Vec<AliasModel>,
    pub(crate) types: Vec<TypeModel>,
    /// Taken apart and emptied at the end of loading.
    #[serde(skip)]
    pub(crate) extensions: Vec<Extension>,
    pub(crate) traits: Vec<TraitModel>,
    pub(crate) apis: Vec<ApiModel>,
    /// How many of `apis` are rows of the files; those behind them are derived.
    pub(crate) written_apis: usize,
    pub(crate) attributes: Vec<AttributeModel>,
    pub(crate) macros: Vec<MacroModel>,
    pub(crate) settings: Vec<SettingModel>,
    pub(crate) marks: Marks,
}

/// What a row adds to a type that another file describes.
#[derive(Debug)]
pub(crate) struct Extension {
    /// What to say if no other row describes the type.
    pub(crate) missing: CatalogError,
    /// Replaces the type's role where it is told.
    pub(crate) role: Option<Role>,
    pub(crate) model: TypeModel,
}

/// One parsed file with what is needed to tell lines.
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
    pub(crate) file: CrateModels,
}

impl<'a> Source<'a> {
    pub(crate) fn new(name: &'a str, text: &'a str, file: CrateModels) -> Self {
        Self { name, text, file }
    }

    fn parse(name: &'a str, text: &'a str) -> Result<Self, CatalogError> {
        let file = toml::from_str(text).map_err(|error| CatalogError {
            file: name.to_owned(),
            line: error.span().map_or(0, |span| line_of(text, span.start)),
            range: error.span(),
            message: error.message().to_owned(),
        })?;
        Ok(Self { name, text, file })
    }

    /// An error at a value of this file.
    pub(crate) fn error<T>(&self, at: &Spanned<T>, message: impl Into<String>) -> CatalogError {
        self.error_at(at.span(), message)
    }

    /// An error in an expression of this file: at its very byte where the file writes the expression as it is.
    pub(crate) fn syntax_error(&self, at: &Spanned<String>, error: &SyntaxError) -> CatalogError {
        let span = at.span();
        let written = self.text.get(span.clone()).unwrap_or_default();
        let inner = written.get(1..written.len().saturating_sub(1)).filter(|inner| *inner == at.get_ref());
        let rest = inner.and_then(|inner| inner.get(error.at..)).filter(|rest| !rest.is_empty());
        let range = rest.map(|rest| {
            let end = rest.find([',', ' ', '<', '>', '(', ')', '&']).unwrap_or(rest.len());
            let first = rest.chars().next().map_or(1, char::len_utf8);
            let start = span.start + 1 + error.at;
            start..start + end.max(first)
        });
        self.error_at(range.unwrap_or(span), error.message.as_str())
    }

    fn error_at(&self, range: Range<usize>, message: impl Into<String>) -> CatalogError {
        let line = line_of(self.text, range.start);
        CatalogError { file: self.name.to_owned(), line, range: Some(range), message: message.into() }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

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

/// Parts of a type, aliases filled in, beyond which it is a mistake or an attack.
const MAX_TYPE_NODES: usize = 2_000;

/// Parts of the types of all methods that types get from generic traits, at most.
const MAX_INSTANTIATED: usize = 500_000;

/// What is said where [`instantiate_traits`] gives up.
pub(crate) fn too_many_methods() -> CatalogError {
    let message = "types get too many methods from generic traits".to_owned();
    CatalogError { file: "models".to_owned(), line: 0, range: None, message }
}

/// Reads all files.
pub(crate) fn load(files: &[(&str, &str)]) -> Result<(Models, Rewrites), CatalogError> {
    let sources = files.iter().map(|(name, text)| Source::parse(name, text)).collect::<Result<Vec<_>, _>>()?;
    let mut names = Names::default();
    collect_names(&sources, &mut names)?;
    let mut models = Models::default();
    for source in &sources {
        Converter::new(source, &names).convert(&mut models)?;
    }
    models.aliases = names.aliases;
    models.marks = collect_marks(&sources, &names.rewrites)?;
    extend_types(&mut models)?;
    models.written_apis = models.apis.len();
    instantiate_traits(&mut models, |_| true).ok_or_else(too_many_methods)?;
    Ok((models, names.rewrites))
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

/// Rows that say why they cannot be proved.
fn collect_marks(sources: &[Source<'_>], rewrites: &Rewrites) -> Result<Marks, CatalogError> {
    let mut marks = Marks::new();
    for source in sources {
        let file = &source.file;
        let types = file.types.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let aliases = file.aliases.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let traits = file.traits.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let apis = file.apis.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let attributes = file.attributes.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let macros = file.macros.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let settings = file.settings.iter().map(|row| (&row.path, &row.generated, &row.unverified));
        let compact = file
            .unproved
            .iter()
            .flat_map(|row| row.paths.iter().map(move |path| (path, &row.generated, &row.unverified)));
        let rows = types.chain(aliases).chain(traits).chain(apis).chain(attributes).chain(macros);
        let rows = rows.chain(settings).chain(compact);
        for (written, generated, unverified) in rows {
            let generated = generated.clone().map(Unproved::Generated);
            let Some(mark) = generated.or_else(|| unverified.clone().map(Unproved::Unverified)) else { continue };
            let (path, _) = parse_row_path(written.as_ref()).map_err(|error| source.syntax_error(written, &error))?;
            marks.insert(rewrites.canonical(&path).path.into_owned(), mark);
        }
    }
    Ok(marks)
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

/// Rows with `extends`: each adds to all rows of its path.
pub(crate) fn extend_types(models: &mut Models) -> Result<(), CatalogError> {
    for Extension { missing, role, model: added } in std::mem::take(&mut models.extensions) {
        let mut found = false;
        for present in models.types.iter_mut().filter(|model| model.path == added.path) {
            found = true;
            extend(present, role, &added);
        }
        if !found {
            return Err(missing);
        }
    }
    Ok(())
}

fn extend(present: &mut TypeModel, role: Option<Role>, added: &TypeModel) {
    present.role = role.unwrap_or(present.role);
    // An unknown item says less than what is added.
    if present.item.as_ref().is_none_or(|item| *item == TypeExpr::Unknown) {
        present.item = added.item.clone();
    }
    present.deref = present.deref.take().or_else(|| added.deref.clone());
    present.output = present.output.take().or_else(|| added.output.clone());
    present.fields.extend(added.fields.iter().cloned());
    present.traits.extend(added.traits.iter().cloned());
    present.trait_args.extend(added.trait_args.iter().cloned());
    present.chain |= added.chain;
    present.cheap_clone |= added.cheap_clone;
}

/// Methods that a type has from a generic trait become methods of the type, in terms of its own parameters:
/// `futures::StreamExt<Item>::next` on `redis::PubSubStream` yields `Option<redis::Msg>`.
///
/// Only types that are `wanted` get them. `None` if they would be too many or too large to be meant.
pub(crate) fn instantiate_traits(models: &mut Models, wanted: impl Fn(&str) -> bool) -> Option<()> {
    let mut methods: FxHashMap<&str, Vec<&ApiModel>> = FxHashMap::default();
    for api in &models.apis {
        let owner = api.path.rsplit_once("::").map_or("", |(owner, _)| owner);
        methods.entry(owner).or_default().push(api);
    }
    let mut instances = Vec::new();
    let mut budget = MAX_INSTANTIATED;
    for model in models.types.iter().filter(|model| wanted(&model.path)) {
        let mut seen: FxHashSet<String> =
            methods.get(model.path.as_str()).into_iter().flatten().map(|api| api.path.clone()).collect();
        for trait_type in &model.trait_args {
            let TypeExpr::Path { path, args } = trait_type else { continue };
            for api in methods.get(path.as_str()).into_iter().flatten().filter(|api| api.type_generics > 0) {
                let largest = args.iter().map(TypeExpr::nodes).max().unwrap_or(1);
                let own = api.params.iter().map(TypeExpr::nodes).sum::<usize>() + api.returns.nodes();
                budget = budget.checked_sub(own.saturating_mul(largest).saturating_add(1))?;
                let instance = instance(model, api, args);
                if seen.insert(instance.path.clone()) {
                    instances.push(instance);
                }
            }
        }
    }
    models.apis.extend(instances);
    Some(())
}

fn instance(model: &TypeModel, api: &ApiModel, trait_args: &[TypeExpr]) -> ApiModel {
    let of_trait = usize::from(api.type_generics);
    let own = api.generics.get(of_trait..).unwrap_or_default();
    let mut args: Vec<TypeExpr> = trait_args.iter().take(of_trait).cloned().collect();
    args.resize(of_trait, TypeExpr::Unknown);
    let first_own = u16::try_from(model.generics.len()).unwrap_or(u16::MAX);
    args.extend((first_own..).take(own.len()).map(TypeExpr::Param));
    let name = api.path.rsplit_once("::").map_or(api.path.as_str(), |(_, name)| name);
    ApiModel {
        path: format!("{}::{name}", model.path),
        package: model.package.clone(),
        versions: model.versions.clone(),
        generics: model.generics.iter().chain(own).cloned().collect(),
        type_generics: first_own,
        params: api.params.iter().map(|ty| ty.substitute(&args)).collect(),
        returns: api.returns.substitute(&args),
        ..api.clone()
    }
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
