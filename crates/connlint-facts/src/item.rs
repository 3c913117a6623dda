//! Items as written: functions, types, traits, implementations, imports.

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::body::Body;
use crate::ids::{ItemId, LocalId};
use crate::text::{Literal, Sym, TextRange};
use crate::types::{Bound, Generics, Path, TypeRef};

/// One item. Items inside modules, traits, implementations and function bodies are items of the file's one list too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its name; for an `impl`, a `use` and an item macro the empty string.
    pub name: Sym,
    /// The whole item without its attributes.
    pub range: TextRange,
    /// The name, or the first token of a nameless item.
    pub name_range: TextRange,
    /// Who sees it.
    pub visibility: Visibility,
    /// Its attributes, `cfg_attr(…, attr)` unwrapped; doc comments are not kept.
    pub attributes: ThinVec<Attribute>,
    /// What its `cfg` attributes say of test code.
    pub cfg: CfgMark,
    /// What it is.
    pub kind: ItemKind,
}

/// Visibility as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Visibility {
    /// `pub`.
    Public,
    /// `pub(crate)`, `pub(in path)`, `crate`.
    Restricted,
    /// None written.
    Private,
}

/// What the `cfg` attributes of an item (or of the modules around it in the same file) say of test code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CfgMark {
    /// It exists in test builds only: `cfg(test)`, `cfg(all(test, …))`, `#[test]`, `#[tokio::test]`, `#[bench]`.
    pub test_only: bool,
    /// It is absent from test builds: `cfg(not(test))`.
    pub not_test: bool,
    /// It is under any other `cfg`, so a sibling of the same name may exist.
    pub conditional: bool,
}

/// An attribute: its path and arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// `get`, `tokio::main`, `derive`.
    pub path: Path,
    /// Its arguments, as far as they have the form of attribute arguments or expressions.
    pub args: ThinVec<Meta>,
    /// The whole attribute.
    pub range: TextRange,
}

/// One argument of an attribute: `path = "/x"`, `"/x"`, `Debug`, `rename(all = "…")`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub struct Meta {
    /// The name, if there is one.
    pub path: Option<Path>,
    /// What follows it.
    pub value: MetaValue,
}

/// What an attribute's argument holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetaValue {
    /// A bare path.
    Flag,
    /// A literal.
    Literal(Literal),
    /// A path as value: `wrap = auth::check`.
    Path(Path),
    /// A nested list.
    List(ThinVec<Meta>),
    /// Anything else.
    Other,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ItemKind {
    /// `mod x { … }` with its items, or `mod x;`.
    Mod {
        /// The items of an inline module.
        inline: Option<ThinVec<ItemId>>,
        /// `#[path = "…"]`.
        path: Option<Sym>,
    },
    /// `use …;`, its tree flattened.
    Use(ThinVec<UseImport>),
    /// `extern crate a as b;` (`alias` is `b`).
    ExternCrate {
        /// The crate.
        name: Sym,
        /// Its local name.
        alias: Option<Sym>,
    },
    /// A struct or union.
    Struct {
        /// Its generics.
        generics: Box<Generics>,
        /// Its fields.
        fields: Fields,
    },
    /// An enum.
    Enum {
        /// Its generics.
        generics: Box<Generics>,
        /// Its variants.
        variants: ThinVec<EnumVariant>,
    },
    /// A function, method or associated function.
    Fn(Box<FnItem>),
    /// A trait.
    Trait(Box<TraitItem>),
    /// An implementation.
    Impl(Box<ImplItem>),
    /// `type A = B;`, also an associated type (`ty` is its default or value, `bounds` those of its declaration).
    TypeAlias {
        /// Its generics.
        generics: Box<Generics>,
        /// Bounds of an associated type.
        bounds: ThinVec<Bound>,
        /// What it stands for.
        ty: Option<Box<TypeRef>>,
    },
    /// `const X: T = …;`, also associated ones.
    Const {
        /// Its type.
        ty: Box<TypeRef>,
        /// Its initialiser.
        body: Option<Box<Body>>,
    },
    /// `static X: T = …;`, also those of `lazy_static!` and `thread_local!`.
    Static {
        /// Its type as the program sees it (`T` for `lazy_static! { static ref X: T }`).
        ty: Box<TypeRef>,
        /// Its initialiser.
        body: Option<Box<Body>>,
        /// Which kind of static.
        flavor: StaticFlavor,
    },
    /// A `macro_rules!` definition. Its uses in the workspace are expanded by the parser.
    MacroRules(ThinVec<MacroRule>),
    /// A macro called in item position that no rule of the parser or of the workspace expands.
    MacroCall {
        /// The macro.
        path: Box<Path>,
        /// Items that its arguments hold, where they parse as items.
        items: ThinVec<ItemId>,
        /// Its arguments lowered as expressions or statements, where they parse as such.
        body: Option<Box<Body>>,
    },
    /// An item that could not be parsed; a [`crate::Problem`] says why.
    Lost,
}

/// Which form declared a static.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StaticFlavor {
    /// `static X: T = …;`
    Plain,
    /// `lazy_static! { static ref X: T = …; }`: evaluated once, at first use.
    LazyStatic,
    /// `thread_local! { static X: T = …; }`: evaluated once in each thread.
    ThreadLocal,
}

/// One rule of a `macro_rules!` definition, kept so that a dump shows what was defined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MacroRule {
    /// The matcher, as text.
    pub matcher: Sym,
}

/// One leaf of a `use` tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseImport {
    /// Whether the tree begins with `::`.
    pub global: bool,
    /// The full path, `self` at the end of a group already folded into its parent (`a::{self}` is `a`).
    pub path: ThinVec<Sym>,
    /// `as name`; the symbol of `_` for `as _`.
    pub alias: Option<Sym>,
    /// Whether it ends in `::*`.
    pub glob: bool,
    /// Where the leaf is.
    pub range: TextRange,
}

impl UseImport {
    /// The name that it gives to what it imports; for a glob the last one of its path.
    pub fn name(&self) -> Option<Sym> {
        self.alias.or(self.path.last().copied())
    }
}

/// Fields of a struct or variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fields {
    /// `{ a: T }`.
    Named(ThinVec<Field>),
    /// `(T, U)`: the names are `0`, `1`, ….
    Tuple(ThinVec<Field>),
    /// None.
    Unit,
}

/// One field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name, or its index as decimal digits.
    pub name: Sym,
    /// Its type.
    pub ty: TypeRef,
    /// Its attributes.
    pub attributes: ThinVec<Attribute>,
    /// Where it is.
    pub range: TextRange,
}

/// One variant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnumVariant {
    /// Its name.
    pub name: Sym,
    /// Its fields.
    pub fields: Fields,
    /// Where it is.
    pub range: TextRange,
}

/// A function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FnItem {
    /// Its generics. `impl Trait` in argument position stays in the parameter's type.
    pub generics: Generics,
    /// `self`, if it takes it.
    pub self_param: Option<SelfParam>,
    /// The other parameters.
    pub params: ThinVec<Param>,
    /// Return type; `None` is unit. For `async fn` the type that awaiting yields.
    pub ret: Option<TypeRef>,
    /// `async fn`.
    pub is_async: bool,
    /// The body; `None` for a declaration in a trait or an `extern` block.
    pub body: Option<Box<Body>>,
}

/// The `self` parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfParam {
    /// How it is taken.
    pub kind: SelfKind,
    /// `self: Arc<Self>`.
    pub ty: Option<TypeRef>,
    /// The local that holds it in the body.
    pub local: LocalId,
}

/// How `self` is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfKind {
    /// `self`.
    Value,
    /// `&self`.
    Ref,
    /// `&mut self`.
    RefMut,
}

/// One parameter. Its pattern is lowered into the body's first operations, from [`crate::OpKind::Param`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Param {
    /// Its name where the pattern is a single binding.
    pub name: Option<Sym>,
    /// Its type.
    pub ty: TypeRef,
    /// Its attributes.
    pub attributes: ThinVec<Attribute>,
    /// Pattern and type.
    pub range: TextRange,
}

/// A trait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraitItem {
    /// Its generics.
    pub generics: Generics,
    /// Its supertraits.
    pub supertraits: ThinVec<Bound>,
    /// Functions (with a body where it has a default), constants, associated types.
    pub items: ThinVec<ItemId>,
}

/// An implementation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImplItem {
    /// Its generics.
    pub generics: Generics,
    /// The trait, if it is a trait's.
    pub trait_path: Option<Path>,
    /// The type.
    pub self_ty: TypeRef,
    /// Functions, constants, associated types.
    pub items: ThinVec<ItemId>,
}
