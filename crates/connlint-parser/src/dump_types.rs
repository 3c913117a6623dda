//! Paths, types and imports as text.

use connlint_facts::{Bound, FileFacts, GenericArgs, Path, Sym, TypeRef, UseImport};

/// Writes names of one file.
pub(crate) struct Names<'f>(pub(crate) &'f FileFacts);

impl Names<'_> {
    pub(crate) fn suffix(&self, before: &str, name: Option<Sym>) -> String {
        name.map(|name| format!("{before}{}", self.0.text(name))).unwrap_or_default()
    }

    pub(crate) fn imports(&self, imports: &[UseImport]) -> String {
        let import = |import: &UseImport| {
            let mut path: Vec<_> = import.path.iter().map(|name| self.0.text(*name)).collect();
            path.extend(import.glob.then_some("*"));
            let global = if import.global { "::" } else { "" };
            format!("{global}{}{}", path.join("::"), self.suffix(" as ", import.alias))
        };
        imports.iter().map(import).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn path(&self, path: &Path) -> String {
        let mut text = String::new();
        let mut segments = path.segments.as_slice();
        if let Some(qself) = &path.qself {
            let (in_trait, rest) = segments.split_at((qself.trait_segments as usize).min(segments.len()));
            let of: Vec<_> = in_trait.iter().map(|segment| self.segment(segment)).collect();
            let of = if of.is_empty() { String::new() } else { format!(" as {}", of.join("::")) };
            text = format!("<{}{of}>::", self.ty(&qself.ty));
            segments = rest;
        } else if path.global {
            text.push_str("::");
        }
        text + &segments.iter().map(|segment| self.segment(segment)).collect::<Vec<_>>().join("::")
    }

    fn segment(&self, segment: &connlint_facts::Segment) -> String {
        let args = segment.args.as_ref().map(|args| self.args(args)).unwrap_or_default();
        format!("{}{args}", self.0.text(segment.name))
    }

    fn args(&self, args: &GenericArgs) -> String {
        let mut list: Vec<_> = args.types.iter().map(|ty| self.ty(ty)).collect();
        if let Some(output) = &args.fn_output {
            return format!("({}) -> {}", list.join(", "), self.ty(output));
        }
        list.extend(args.bindings.iter().map(|(name, ty)| format!("{} = {}", self.0.text(*name), self.ty(ty))));
        format!("<{}>", list.join(", "))
    }

    pub(crate) fn ty(&self, ty: &TypeRef) -> String {
        match ty {
            TypeRef::Path(path) => self.path(path),
            TypeRef::Ref { mutable, ty } => format!("&{}{}", if *mutable { "mut " } else { "" }, self.ty(ty)),
            TypeRef::Ptr(ty) => format!("*{}", self.ty(ty)),
            TypeRef::Slice(ty) => format!("[{}]", self.ty(ty)),
            TypeRef::Array(ty) => format!("[{}; _]", self.ty(ty)),
            TypeRef::Tuple(types) => format!("({})", self.types(types)),
            TypeRef::Fn { params, ret } => format!("fn({}) -> {}", self.types(params), self.ty(ret)),
            TypeRef::Dyn(bounds) => format!("dyn {}", self.bounds(bounds)),
            TypeRef::Impl(bounds) => format!("impl {}", self.bounds(bounds)),
            TypeRef::Never => "!".to_owned(),
            TypeRef::Infer => "_".to_owned(),
            TypeRef::Const => "{const}".to_owned(),
            TypeRef::Unknown => "?".to_owned(),
        }
    }

    fn types(&self, types: &[TypeRef]) -> String {
        types.iter().map(|ty| self.ty(ty)).collect::<Vec<_>>().join(", ")
    }

    fn bounds(&self, bounds: &[Bound]) -> String {
        let bound = |bound: &Bound| format!("{}{}", if bound.maybe { "?" } else { "" }, self.path(&bound.path));
        bounds.iter().map(bound).collect::<Vec<_>>().join(" + ")
    }
}
