//! Facts as compact text, for tests and for looking at what the parser read.

use std::fmt::Write as _;

use connlint_facts::{
    Arg, Body, Captures, ClosureHead, Expect, Fields, FileFacts, FnItem, Item, ItemId, ItemKind, Literal, LocalId,
    Meta, MetaValue, Op, OpId, OpKind, PatternHead, RegionId, RegionKind,
};

use crate::dump_types::Names;

/// The items of a file with their bodies, one line for each item, region and operation, then its suppressions and
/// problems.
pub fn dump_file(facts: &FileFacts) -> String {
    let mut dump = Dump { names: Names(facts), facts, out: String::new() };
    for &item in &facts.top {
        dump.item(item, 0);
    }
    for suppression in &facts.suppressions {
        let (range, covers) = (suppression.range, suppression.covers);
        let reason = suppression.reason.as_deref().unwrap_or("-");
        let _ = writeln!(
            dump.out,
            "allow {} ({reason}) at {}..{} covers {}..{}",
            suppression.lints.join(", "),
            range.start,
            range.end,
            covers.start,
            covers.end
        );
    }
    for problem in &facts.problems {
        let range = problem.range.unwrap_or_default();
        let _ = writeln!(dump.out, "{:?} at {}..{}: {}", problem.kind, range.start, range.end, problem.message);
    }
    dump.out
}

/// The operations of one body of a file, regions indented.
pub fn dump_body(facts: &FileFacts, body: &Body) -> String {
    let mut dump = Dump { names: Names(facts), facts, out: String::new() };
    dump.body(body, 0);
    dump.out
}

struct Dump<'f> {
    facts: &'f FileFacts,
    names: Names<'f>,
    out: String,
}

impl Dump<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.out, "{:1$}{text}", "", indent * 2);
    }

    fn item(&mut self, id: ItemId, indent: usize) {
        let Some(item) = self.facts.items.get(id.0 as usize) else { return };
        for attribute in &item.attributes {
            let args: Vec<_> = attribute.args.iter().map(|arg| self.meta(arg)).collect();
            let args = if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) };
            self.line(indent, &format!("#[{}{args}]", self.names.path(&attribute.path)));
        }
        let head = self.head(item);
        self.line(indent, &head);
        self.content(item, indent + 1);
    }

    fn head(&self, item: &Item) -> String {
        let mut marks = String::new();
        for (is_set, mark) in [
            (item.cfg.test_only, " [test]"),
            (item.cfg.not_test, " [not test]"),
            (item.cfg.conditional, " [conditional]"),
        ] {
            marks.push_str(if is_set { mark } else { "" });
        }
        let name = self.facts.text(item.name);
        let what = match &item.kind {
            ItemKind::Mod { inline, .. } => format!("mod {name}{}", if inline.is_some() { "" } else { ";" }),
            ItemKind::Use(imports) => format!("use {}", self.names.imports(imports)),
            ItemKind::ExternCrate { alias, .. } => {
                format!("extern crate {name}{}", self.names.suffix(" as ", *alias))
            }
            ItemKind::Struct { fields, .. } => format!("struct {name}{}", self.fields(fields)),
            ItemKind::Enum { variants, .. } => {
                let variants: Vec<_> = variants
                    .iter()
                    .map(|variant| format!("{}{}", self.facts.text(variant.name), self.fields(&variant.fields)))
                    .collect();
                format!("enum {name} {{ {} }}", variants.join(", "))
            }
            ItemKind::Fn(item) => self.signature(name, item),
            ItemKind::Trait(_) => format!("trait {name}"),
            ItemKind::Impl(item) => {
                let of = item.trait_path.as_ref().map(|path| format!("{} for ", self.names.path(path)));
                format!("impl {}{}", of.unwrap_or_default(), self.names.ty(&item.self_ty))
            }
            ItemKind::TypeAlias { ty, .. } => {
                format!("type {name}{}", ty.as_ref().map(|ty| format!(" = {}", self.names.ty(ty))).unwrap_or_default())
            }
            ItemKind::Const { ty, .. } => format!("const {name}: {}", self.names.ty(ty)),
            ItemKind::Static { ty, flavor, .. } => format!("static {name}: {} ({flavor:?})", self.names.ty(ty)),
            ItemKind::MacroRules(rules) => format!("macro_rules {name} ({} rules)", rules.len()),
            ItemKind::MacroCall { path, .. } => format!("{}!", self.names.path(path)),
            ItemKind::Lost => format!("lost {}..{}", item.range.start, item.range.end),
        };
        what + &marks
    }

    fn signature(&self, name: &str, item: &FnItem) -> String {
        let mut params: Vec<_> = item.self_param.iter().map(|param| format!("self {:?}", param.kind)).collect();
        params.extend(item.params.iter().map(|param| {
            let name = param.name.map_or("_", |name| self.facts.text(name));
            format!("{name}: {}", self.names.ty(&param.ty))
        }));
        let ret = item.ret.as_ref().map(|ret| format!(" -> {}", self.names.ty(ret))).unwrap_or_default();
        let is_async = if item.is_async { "async " } else { "" };
        format!("{is_async}fn {name}({}){ret}", params.join(", "))
    }

    fn fields(&self, fields: &Fields) -> String {
        let (open, close, fields) = match fields {
            Fields::Named(fields) => (" { ", " }", fields),
            Fields::Tuple(fields) => ("(", ")", fields),
            Fields::Unit => return String::new(),
        };
        let fields: Vec<_> = fields
            .iter()
            .map(|field| format!("{}: {}", self.facts.text(field.name), self.names.ty(&field.ty)))
            .collect();
        format!("{open}{}{close}", fields.join(", "))
    }

    fn content(&mut self, item: &Item, indent: usize) {
        let (items, body): (&[ItemId], Option<&Body>) = match &item.kind {
            ItemKind::Mod { inline: Some(items), .. } => (items, None),
            ItemKind::Trait(item) => (&item.items, None),
            ItemKind::Impl(item) => (&item.items, None),
            ItemKind::Fn(item) => (&[], item.body.as_deref()),
            ItemKind::Const { body, .. } | ItemKind::Static { body, .. } => (&[], body.as_deref()),
            ItemKind::MacroCall { items, body, .. } => (items, body.as_deref()),
            _ => (&[], None),
        };
        for &item in items {
            self.item(item, indent);
        }
        if let Some(body) = body {
            self.body(body, indent);
        }
    }

    fn body(&mut self, body: &Body, indent: usize) {
        self.region(body, RegionId(0), indent);
        if let Some(tail) = body.tail {
            self.line(indent, &format!("=> {}", value(tail)));
        }
    }

    /// The operations of a region and, in their places, the regions inside it.
    fn region(&mut self, body: &Body, id: RegionId, indent: usize) {
        let Some(region) = body.regions.get(id.0 as usize) else { return };
        let children: Vec<_> = (id.0 as usize + 1..body.regions.len())
            .filter(|&child| body.regions.get(child).is_some_and(|region| region.parent == Some(id)))
            .map(|child| RegionId(child as u32))
            .collect();
        let mut children = children.into_iter().peekable();
        let mut at = region.first;
        loop {
            while let Some(&child) = children.peek() {
                let Some(inner) = body.regions.get(child.0 as usize) else { break };
                if inner.first > at {
                    break;
                }
                children.next();
                let head = self.region_head(&inner.kind, child);
                self.line(indent, &head);
                for (_, item) in body.items.iter().filter(|(region, _)| *region == child) {
                    self.item(*item, indent + 1);
                }
                self.region(body, child, indent + 1);
                at = inner.end.max(at);
            }
            if at >= region.end {
                break;
            }
            if let Some(op) = body.ops.get(at.0 as usize) {
                let text = self.op(body, at, op);
                self.line(indent, &format!("{} = {text}", value(at)));
            }
            at.0 += 1;
        }
    }

    fn region_head(&self, kind: &RegionKind, id: RegionId) -> String {
        let what = match kind {
            RegionKind::Arm { tests } => {
                let tests: Vec<_> = tests
                    .iter()
                    .map(|test| match &test.expect {
                        Expect::True => value(test.value),
                        Expect::False => format!("!{}", value(test.value)),
                        Expect::Matches(head) => format!("{} is {}", value(test.value), self.pattern(head)),
                        Expect::Fails(head) => format!("{} is not {}", value(test.value), self.pattern(head)),
                    })
                    .collect();
                format!("arm [{}]", tests.join(", "))
            }
            RegionKind::Block { breakable: true } => "breakable block".to_owned(),
            RegionKind::Statement { is_let: true } => "let".to_owned(),
            RegionKind::Statement { is_let: false } => "statement".to_owned(),
            RegionKind::Loop(kind) => format!("loop {kind:?}"),
            RegionKind::Block { .. } => "block".to_owned(),
            kind => format!("{kind:?}").to_lowercase(),
        };
        format!("{what} r{}:", id.0)
    }

    fn pattern(&self, head: &PatternHead) -> String {
        let list =
            |heads: &[PatternHead], sep| heads.iter().map(|head| self.pattern(head)).collect::<Vec<_>>().join(sep);
        match head {
            PatternHead::Any => "_".to_owned(),
            PatternHead::Variant(path, heads) if heads.is_empty() => self.names.path(path),
            PatternHead::Variant(path, heads) => format!("{}({})", self.names.path(path), list(heads, ", ")),
            PatternHead::Literal(None) => "literal".to_owned(),
            PatternHead::Literal(Some(literal)) => self.literal(literal),
            PatternHead::Tuple(heads) => format!("({})", list(heads, ", ")),
            PatternHead::Or(heads) => list(heads, " | "),
        }
    }

    fn op(&self, body: &Body, id: OpId, op: &Op) -> String {
        let names = &self.names;
        let text = |sym| self.facts.text(sym);
        match &op.kind {
            OpKind::Param(index) => format!("param {index}"),
            OpKind::SelfParam => "self param".to_owned(),
            OpKind::Local(local) => self.local(body, *local),
            OpKind::Path(path) => names.path(path),
            OpKind::Literal(literal) => self.literal(literal),
            OpKind::Field { base, name } => format!("{}.{}", value(*base), text(*name)),
            OpKind::VariantField { base, variant, name } => {
                format!("{} as {}.{}", value(*base), names.path(variant), text(*name))
            }
            OpKind::Element { base } => format!("element of {}", value(*base)),
            OpKind::Index { base, index } => format!("{}[{}]", value(*base), value(*index)),
            OpKind::Deref { base } => format!("*{}", value(*base)),
            OpKind::Ref { base, mutable } => format!("&{}{}", if *mutable { "mut " } else { "" }, value(*base)),
            OpKind::Unary { op, operand } => format!("{op:?} {}", value(*operand)),
            OpKind::Binary { op, left, right } => format!("{op:?} {}, {}", value(*left), value(*right)),
            OpKind::Call { callee, args } => format!("call {}({})", value(*callee), values(args)),
            OpKind::MethodCall { recv, name, args, .. } => {
                let generics: Vec<_> = body.type_arguments_of(id).iter().map(|ty| names.ty(ty)).collect();
                let generics = if generics.is_empty() { String::new() } else { format!("::<{}>", generics.join(", ")) };
                format!("{}.{}{generics}({})", value(*recv), text(*name), values(args))
            }
            OpKind::StructLit { frame, fields } => {
                let mut fields: Vec<_> =
                    fields.iter().map(|(name, field)| format!("{}: {}", text(*name), value(*field))).collect();
                fields.extend(frame.base.map(|base| format!("..{}", value(base))));
                format!("{} {{ {} }}", names.path(&frame.path), fields.join(", "))
            }
            OpKind::Tuple(elems) => format!("({})", values(elems)),
            OpKind::Array(elems) => format!("[{}]", values(elems)),
            OpKind::Repeat { value: elem, len } => format!("[{}; {}]", value(*elem), value(*len)),
            OpKind::Range { start, end } => format!("{}..{}", maybe(*start), maybe(*end)),
            OpKind::Cast { value: cast, ty } => format!("{} as {}", value(*cast), names.ty(ty)),
            kind => self.effect(body, kind),
        }
    }

    fn effect(&self, body: &Body, kind: &OpKind) -> String {
        let names = &self.names;
        match kind {
            OpKind::Await { future } => format!("await {}", value(*future)),
            OpKind::Try { value: tried } => format!("{}?", value(*tried)),
            OpKind::Closure { region, head, tail } => {
                let ClosureHead { params, ret, is_async, captures } = &**head;
                let is_async = if *is_async { "async " } else { "" };
                let params: Vec<_> =
                    params.iter().map(|ty| ty.as_ref().map_or("_".to_owned(), |ty| names.ty(ty))).collect();
                let ret = ret.as_ref().map(|ret| format!(" -> {}", names.ty(ret))).unwrap_or_default();
                let takes = self.captures(body, captures);
                format!("{is_async}closure r{} |{}|{ret}{takes} => {}", region.0, params.join(", "), maybe(*tail))
            }
            OpKind::Async { region, captures, tail } => {
                format!("async r{}{} => {}", region.0, self.captures(body, captures), maybe(*tail))
            }
            OpKind::Join(joined) => format!("join {}", values(joined)),
            OpKind::IterItem { iter } => format!("item of {}", value(*iter)),
            OpKind::Bind { local, value: bound } => {
                let ty = body.locals.get(local.0 as usize).and_then(|local| local.ty.as_ref());
                let ty = ty.map(|ty| format!(": {}", names.ty(ty))).unwrap_or_default();
                format!("bind {}{ty} = {}", self.local(body, *local), maybe(*bound))
            }
            OpKind::Discard { value: dropped } => format!("discard {}", value(*dropped)),
            OpKind::Assign { place, value: assigned } => format!("{} := {}", value(*place), value(*assigned)),
            OpKind::AssignOp { place, value: assigned } => format!("{} op= {}", value(*place), value(*assigned)),
            OpKind::Return(returned) => format!("return {}", maybe(*returned)),
            OpKind::Break { target, value } => {
                format!("break {} {}", target.map_or("?".to_owned(), |target| format!("r{}", target.0)), maybe(*value))
            }
            OpKind::Continue { target } => {
                format!("continue {}", target.map_or("?".to_owned(), |target| format!("r{}", target.0)))
            }
            OpKind::Yield(yielded) => format!("yield {}", maybe(*yielded)),
            OpKind::Macro { path, args, diverges } => {
                let args: Vec<_> = args.iter().map(|arg| self.arg(arg)).collect();
                format!("{}!({}){}", names.path(path), args.join(", "), if *diverges { " diverges" } else { "" })
            }
            OpKind::Expanded { path, value } => format!("expanded {}! => {}", names.path(path), maybe(*value)),
            _ => "unknown".to_owned(),
        }
    }

    fn arg(&self, arg: &Arg) -> String {
        match arg.name {
            Some(name) => format!("{} = {}", self.facts.text(name), value(arg.value)),
            None => value(arg.value),
        }
    }

    fn captures(&self, body: &Body, captures: &Captures) -> String {
        let locals: Vec<_> = captures.locals.iter().map(|local| self.local(body, *local)).collect();
        let by_move = if captures.by_move { " move" } else { "" };
        if locals.is_empty() { by_move.to_owned() } else { format!("{by_move} [{}]", locals.join(", ")) }
    }

    fn local(&self, body: &Body, id: LocalId) -> String {
        let name = body.locals.get(id.0 as usize).map_or("?", |local| self.facts.text(local.name));
        format!("{name}#{}", id.0)
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Str(text) => format!("{:?}", self.facts.text(*text)),
            Literal::Int(int) => int.to_string(),
            Literal::Bool(value) => value.to_string(),
            Literal::Char(ch) => format!("{ch:?}"),
            Literal::Float(text) => self.facts.text(*text).to_owned(),
            Literal::Other => "literal".to_owned(),
        }
    }

    fn meta(&self, meta: &Meta) -> String {
        let name = meta.path.as_ref().map(|path| self.names.path(path)).unwrap_or_default();
        let value = match &meta.value {
            MetaValue::Flag => return name,
            MetaValue::Literal(literal) => self.literal(literal),
            MetaValue::Path(path) => self.names.path(path),
            MetaValue::List(list) => {
                format!("({})", list.iter().map(|meta| self.meta(meta)).collect::<Vec<_>>().join(", "))
            }
            MetaValue::Other => "…".to_owned(),
        };
        match (name.is_empty(), value.starts_with('(')) {
            (true, _) => value,
            (false, true) => name + &value,
            (false, false) => format!("{name} = {value}"),
        }
    }
}

fn value(op: OpId) -> String {
    format!("%{}", op.0)
}

fn values(ops: &[OpId]) -> String {
    ops.iter().map(|op| value(*op)).collect::<Vec<_>>().join(", ")
}

fn maybe(op: Option<OpId>) -> String {
    op.map_or("()".to_owned(), value)
}
