//! Parser of type expressions (`Result<sqlx::Pool<DB>, sqlx::Error>`) and of compact method signatures
//! (`async foo<U>(&self, FnOnce(T) -> U) -> Option<U>`).
//!
//! Names of the prelude become canonical paths here; other paths are brought to canonical form by the loader.

use std::borrow::Cow;

use crate::model::TypeExpr;

/// Short names that type expressions may use, with their canonical paths.
const PRELUDE: &[(&str, &str)] = &[
    ("Arc", "std::sync::Arc"),
    ("BTreeMap", "std::collections::BTreeMap"),
    ("BTreeSet", "std::collections::BTreeSet"),
    ("BinaryHeap", "std::collections::BinaryHeap"),
    ("Box", "std::boxed::Box"),
    ("Cow", "std::borrow::Cow"),
    ("Duration", "std::time::Duration"),
    ("Future", "std::future::Future"),
    ("HashMap", "std::collections::HashMap"),
    ("HashSet", "std::collections::HashSet"),
    ("Instant", "std::time::Instant"),
    ("IntoFuture", "std::future::Future"),
    ("IntoIterator", "std::iter::Iterator"),
    ("Iterator", "std::iter::Iterator"),
    ("Option", "std::option::Option"),
    ("Pin", "std::pin::Pin"),
    ("Rc", "std::rc::Rc"),
    ("Result", "std::result::Result"),
    ("Stream", "futures::Stream"),
    ("String", "std::string::String"),
    ("Vec", "std::vec::Vec"),
    ("VecDeque", "std::collections::VecDeque"),
    ("Weak", "std::sync::Weak"),
];

/// Types without a path.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128",
    "usize",
];

/// Marker traits that say nothing about what a type yields.
const MARKERS: &[&str] = &["Send", "Sync", "Unpin", "Sized", "Copy", "Clone", "Debug", "Display"];

/// A method as a compact row writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Its name.
    pub(crate) name: String,
    /// Names of its own generic parameters.
    pub(crate) generics: Vec<String>,
    /// Whether it takes `self`.
    pub(crate) takes_self: bool,
    /// Whether it takes `self` by value.
    pub(crate) consumes_self: bool,
    /// Parameter types without `self`.
    pub(crate) params: Vec<TypeExpr>,
    /// What it yields; after awaiting where `is_async`.
    pub(crate) returns: TypeExpr,
    /// Whether it is written `async`.
    pub(crate) is_async: bool,
    /// What marks its parameters have.
    pub(crate) marks: Marks,
    /// The lower-case words after a final `!`.
    pub(crate) effects: Vec<String>,
    /// The upper-case word after a final `!`: an HTTP method.
    pub(crate) http_method: Option<String>,
}

/// Marks on the parameters of a compact row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Callables and futures: index, the word of `@word` (`now` where a callable has none) and whether it is a future.
    pub(crate) callbacks: Vec<(u16, String, bool)>,
    /// `#path`: the index of the route's path.
    pub(crate) path: Option<u16>,
    /// `#path self`: the route's path is the receiver.
    pub(crate) path_is_receiver: bool,
    /// `@word self`: how the receiver runs.
    pub(crate) receiver: Option<String>,
    /// `#target`: the index of what holds the registration.
    pub(crate) target: Option<u16>,
}

/// What is wrong with an expression, and at which of its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// What was expected and what is there.
    pub(crate) message: String,
    /// Where, from 0.
    pub(crate) at: usize,
}

/// Longest expression, in bytes: models come from untrusted projects.
const MAX_BYTES: usize = 4096;

/// Deepest nesting of an expression.
const MAX_DEPTH: usize = 64;

/// Parses a type expression; `generics` are the names that stand for parameters, by index.
pub(crate) fn parse_type(text: &str, generics: &[String]) -> Result<TypeExpr, SyntaxError> {
    parse(text, generics, |parser| {
        let parsed = parser.ty()?;
        parser.end()?;
        Ok(parsed)
    })
}

/// Runs the parser; where it fails, it stands.
fn parse<'a, T>(
    text: &'a str,
    generics: &'a [String],
    read: impl FnOnce(&mut Parser<'a>) -> Result<T, String>,
) -> Result<T, SyntaxError> {
    if text.len() > MAX_BYTES {
        return Err(SyntaxError { message: format!("longer than {MAX_BYTES} bytes"), at: 0 });
    }
    let mut parser = Parser { text, at: 0, generics: Cow::Borrowed(generics), depth: 0, wrong_at: None };
    read(&mut parser).map_err(|message| SyntaxError { message, at: parser.wrong_at.unwrap_or(parser.at) })
}

/// Parses a path with the names of its generic parameters: `sqlx::Pool<DB>` is `("sqlx::Pool", ["DB"])`.
pub(crate) fn parse_row_path(text: &str) -> Result<(String, Vec<String>), SyntaxError> {
    parse(text, &[], |parser| {
        let path = parser.path_text()?;
        let generics = parser.generic_names()?;
        parser.end()?;
        Ok((path, generics))
    })
}

/// Parses a compact method row; `generics` are those of the type or trait that has the method.
pub(crate) fn parse_signature(text: &str, generics: &[String]) -> Result<Signature, SyntaxError> {
    parse(text, generics, Parser::signature)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    generics: Cow<'a, [String]>,
    depth: usize,
    /// Where a mistake began that is noticed later.
    wrong_at: Option<usize>,
}

impl<'a> Parser<'a> {
    fn signature(&mut self) -> Result<Signature, String> {
        let is_async = self.keyword("async");
        let name = self.word().ok_or_else(|| self.expected("the method's name"))?.to_owned();
        let own = self.generic_names()?;
        self.generics.to_mut().extend(own.iter().cloned());
        self.expect("(")?;
        let start = self.at;
        let mut on_self = Marks::default();
        on_self.receiver = self.marks(0, &mut on_self)?;
        let (takes_self, consumes_self) = self.receiver();
        if !takes_self {
            self.at = start;
            on_self = Marks::default();
        } else if !self.rest().starts_with(')') {
            self.expect(",")?;
        }
        let (params, mut marks) = self.parameters()?;
        marks.receiver = on_self.receiver;
        marks.path_is_receiver = on_self.path.is_some();
        let returns = if self.eat("->") { self.ty()? } else { TypeExpr::Tuple(Vec::new()) };
        let (effects, http_method) = self.effects()?;
        Ok(Signature {
            name,
            generics: own,
            takes_self,
            consumes_self,
            params,
            returns,
            is_async,
            marks,
            effects,
            http_method,
        })
    }

    fn rest(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    fn expected(&mut self, what: &str) -> String {
        let rest = self.rest();
        let found = if rest.is_empty() { "the end".to_owned() } else { format!("`{rest}`") };
        format!("expected {what}, found {found} in `{}`", self.text)
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
        }
        found
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.eat(token) { Ok(()) } else { Err(self.expected(&format!("`{token}`"))) }
    }

    fn end(&mut self) -> Result<(), String> {
        if self.rest().is_empty() { Ok(()) } else { Err(self.expected("the end")) }
    }

    fn peek_word(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        let length = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        rest.get(..length).filter(|word| !word.is_empty())
    }

    fn word(&mut self) -> Option<&'a str> {
        let word = self.peek_word()?;
        self.at += word.len();
        Some(word)
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek_word() == Some(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn lifetime(&mut self) -> bool {
        let found = self.eat("'");
        if found {
            self.word();
        }
        found
    }

    fn path_text(&mut self) -> Result<String, String> {
        let mut path = String::new();
        loop {
            let word = self.word().ok_or_else(|| self.expected("a name"))?;
            path.push_str(word);
            if !self.eat("::") {
                return Ok(path);
            }
            path.push_str("::");
        }
    }

    /// `<'a, T, U: Bound>`: names only, bounds and lifetimes are dropped.
    fn generic_names(&mut self) -> Result<Vec<String>, String> {
        let mut names = Vec::new();
        if !self.eat("<") {
            return Ok(names);
        }
        while !self.eat(">") {
            if !self.lifetime() {
                self.keyword("const");
                names.push(self.word().ok_or_else(|| self.expected("a generic parameter"))?.to_owned());
                if self.eat(":") {
                    self.ty()?;
                }
            }
            if !self.eat(",") {
                self.expect(">")?;
                break;
            }
        }
        Ok(names)
    }

    /// `self`, `mut self`, `&self`, `&mut self`, `&'a self`: whether there is one, and whether it is by value.
    fn receiver(&mut self) -> (bool, bool) {
        let start = self.at;
        let by_reference = self.eat("&");
        if by_reference {
            self.lifetime();
        }
        self.keyword("mut");
        if self.keyword("self") {
            return (true, !by_reference);
        }
        self.at = start;
        (false, false)
    }

    /// Parameters up to the closing parenthesis, each perhaps after marks.
    fn parameters(&mut self) -> Result<(Vec<TypeExpr>, Marks), String> {
        let mut params = Vec::new();
        let mut marks = Marks::default();
        while !self.eat(")") {
            self.skip_parameter_name();
            let index = u16::try_from(params.len()).map_err(|_| "too many parameters".to_owned())?;
            let runs = self.marks(index, &mut marks)?;
            let ty = self.ty()?;
            if let Some(runs) = runs {
                marks.callbacks.push((index, runs, is_future(&ty)));
            } else if matches!(ty, TypeExpr::Fn { .. }) {
                marks.callbacks.push((index, "now".to_owned(), false));
            }
            params.push(ty);
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok((params, marks))
    }

    /// `@runs`, `#path`, `#target` before a parameter: the word of `@`.
    fn marks(&mut self, index: u16, marks: &mut Marks) -> Result<Option<String>, String> {
        let mut runs = None;
        loop {
            if self.eat("@") {
                runs = Some(self.word().ok_or_else(|| self.expected("a `runs` value"))?.to_owned());
            } else if self.eat("#path") {
                marks.path = Some(index);
            } else if self.eat("#target") {
                marks.target = Some(index);
            } else {
                return Ok(runs);
            }
        }
    }

    /// `! effect effect METHOD` at the end.
    fn effects(&mut self) -> Result<(Vec<String>, Option<String>), String> {
        let mut effects = Vec::new();
        let mut http_method = None;
        if self.eat("!") {
            while let Some(word) = self.word() {
                if word.chars().all(|c| c.is_ascii_uppercase()) {
                    http_method = Some(word.to_owned());
                } else {
                    effects.push(word.to_owned());
                }
            }
        }
        self.end()?;
        Ok((effects, http_method))
    }

    /// `name:` before a parameter's type.
    fn skip_parameter_name(&mut self) {
        let start = self.at;
        if self.word().is_some() && self.rest().starts_with(':') && !self.rest().starts_with("::") {
            self.at += 1;
        } else {
            self.at = start;
        }
    }

    fn ty(&mut self) -> Result<TypeExpr, String> {
        let first = self.bare_type()?;
        while self.eat("+") {
            if !self.lifetime() {
                self.eat("?");
                self.bare_type()?;
            }
        }
        Ok(first)
    }

    fn bare_type(&mut self) -> Result<TypeExpr, String> {
        if self.depth == MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.depth += 1;
        let parsed = self.unguarded_type();
        self.depth -= 1;
        parsed
    }

    fn unguarded_type(&mut self) -> Result<TypeExpr, String> {
        if self.eat("&") {
            self.lifetime();
            self.keyword("mut");
            return Ok(TypeExpr::Ref(Box::new(self.bare_type()?)));
        }
        if self.eat("(") {
            return self.tuple();
        }
        if self.eat("[") {
            return self.slice();
        }
        if self.eat("*") {
            self.word();
            self.bare_type()?;
            return Ok(TypeExpr::Unknown);
        }
        if self.eat("!") {
            return Ok(TypeExpr::Tuple(Vec::new()));
        }
        self.keyword("impl");
        self.keyword("dyn");
        if self.keyword("async") {
            let called = self.bare_type()?;
            return Ok(match called {
                TypeExpr::Fn { params, ret } => TypeExpr::Fn { params, ret: Box::new(future_of(*ret)) },
                other => other,
            });
        }
        self.path()
    }

    fn tuple(&mut self) -> Result<TypeExpr, String> {
        let mut elements = Vec::new();
        let mut trailing_comma = true;
        while !self.eat(")") {
            elements.push(self.ty()?);
            trailing_comma = self.eat(",");
            if !trailing_comma {
                self.expect(")")?;
                break;
            }
        }
        match elements.pop() {
            Some(only) if elements.is_empty() && !trailing_comma => Ok(only),
            Some(last) => {
                elements.push(last);
                Ok(TypeExpr::Tuple(elements))
            }
            None => Ok(TypeExpr::Tuple(elements)),
        }
    }

    fn slice(&mut self) -> Result<TypeExpr, String> {
        let element = self.ty()?;
        if self.eat(";") {
            self.word();
        }
        self.expect("]")?;
        Ok(TypeExpr::Slice(Box::new(element)))
    }

    fn path(&mut self) -> Result<TypeExpr, String> {
        self.rest();
        let start = self.at;
        let path = self.path_text()?;
        if matches!(path.as_str(), "Fn" | "FnMut" | "FnOnce" | "fn" | "AsyncFn" | "AsyncFnMut" | "AsyncFnOnce") {
            return self.callable(&path);
        }
        let args = self.args()?;
        if path == "_" {
            return Ok(TypeExpr::Unknown);
        }
        self.name(path, args).inspect_err(|_| self.wrong_at = self.wrong_at.or(Some(start)))
    }

    fn callable(&mut self, kind: &str) -> Result<TypeExpr, String> {
        self.expect("(")?;
        let mut params = Vec::new();
        while !self.eat(")") {
            self.skip_parameter_name();
            params.push(self.ty()?);
            if !self.eat(",") {
                self.expect(")")?;
                break;
            }
        }
        let ret = if self.eat("->") { self.bare_type()? } else { TypeExpr::Tuple(Vec::new()) };
        let ret = if kind.starts_with("Async") { future_of(ret) } else { ret };
        Ok(TypeExpr::Fn { params, ret: Box::new(ret) })
    }

    /// `<A, B>` or `<Output = T>`; constants and lifetimes are dropped.
    fn args(&mut self) -> Result<Vec<TypeExpr>, String> {
        let mut args = Vec::new();
        if !self.eat("<") {
            return Ok(args);
        }
        while !self.eat(">") {
            if !self.lifetime() {
                self.skip_binding();
                if self.peek_word().is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                    self.word();
                } else {
                    args.push(self.ty()?);
                }
            }
            if !self.eat(",") {
                self.expect(">")?;
                break;
            }
        }
        Ok(args)
    }

    /// `Output =` or `Item =` before an argument.
    fn skip_binding(&mut self) {
        let start = self.at;
        if self.word().is_some() && self.rest().starts_with('=') {
            self.at += 1;
        } else {
            self.at = start;
        }
    }

    fn name(&self, path: String, args: Vec<TypeExpr>) -> Result<TypeExpr, String> {
        let (first, more) = path.split_once("::").map_or((path.as_str(), false), |(first, _)| (first, true));
        if let Some(index) = self.generics.iter().position(|name| name == first) {
            // `T::Output` is known to the compiler only.
            let index = u16::try_from(index).map_err(|_| "too many generic parameters".to_owned())?;
            return Ok(if more { TypeExpr::Unknown } else { TypeExpr::Param(index) });
        }
        if first == "Self" {
            return Ok(if more { TypeExpr::Unknown } else { TypeExpr::SelfType });
        }
        if more || PRIMITIVES.contains(&first) {
            return Ok(TypeExpr::Path { path, args });
        }
        if MARKERS.contains(&first) {
            return Ok(TypeExpr::Unknown);
        }
        if let Ok(row) = PRELUDE.binary_search_by_key(&first, |(name, _)| name) {
            let path = PRELUDE.get(row).map(|(_, path)| (*path).to_owned()).unwrap_or_default();
            return Ok(TypeExpr::Path { path, args });
        }
        Err(format!(
            "unknown name `{first}` in `{}`: write the full path; short names are the row's generics ({}), primitives \
             and {}",
            self.text,
            if self.generics.is_empty() { "none here".to_owned() } else { self.generics.join(", ") },
            PRELUDE.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
        ))
    }
}

impl TypeExpr {
    /// How many parts it has.
    pub(crate) fn nodes(&self) -> usize {
        let all = |list: &[TypeExpr]| list.iter().map(Self::nodes).sum::<usize>();
        1 + match self {
            Self::Path { args, .. } => all(args),
            Self::Ref(inner) | Self::Slice(inner) => inner.nodes(),
            Self::Tuple(elements) => all(elements),
            Self::Fn { params, ret } => all(params) + ret.nodes(),
            Self::Param(_) | Self::SelfType | Self::Unknown => 0,
        }
    }

    /// The expression with its generic parameters replaced by `args`, by index; a parameter without argument becomes
    /// [`TypeExpr::Unknown`].
    pub fn substitute(&self, args: &[TypeExpr]) -> TypeExpr {
        let all = |list: &[TypeExpr]| list.iter().map(|element| element.substitute(args)).collect();
        match self {
            Self::Path { path, args: own } => Self::Path { path: path.clone(), args: all(own) },
            Self::Ref(inner) => Self::Ref(Box::new(inner.substitute(args))),
            Self::Tuple(elements) => Self::Tuple(all(elements)),
            Self::Slice(element) => Self::Slice(Box::new(element.substitute(args))),
            Self::Fn { params, ret } => Self::Fn { params: all(params), ret: Box::new(ret.substitute(args)) },
            Self::Param(index) => args.get(usize::from(*index)).cloned().unwrap_or(Self::Unknown),
            Self::SelfType => Self::SelfType,
            Self::Unknown => Self::Unknown,
        }
    }
}

fn is_future(ty: &TypeExpr) -> bool {
    matches!(ty, TypeExpr::Path { path, .. } if path == "std::future::Future")
}

/// `Future<T>`.
fn future_of(output: TypeExpr) -> TypeExpr {
    TypeExpr::Path { path: "std::future::Future".to_owned(), args: vec![output] }
}

// The build script has this file too, by its path: without the attribute rustfmt looks for the tests elsewhere there.
#[cfg(test)]
#[path = "type_expr/tests.rs"]
mod tests;
