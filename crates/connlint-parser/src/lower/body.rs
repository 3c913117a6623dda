//! The builder of one body: operations, regions, scopes, captures.

use connlint_facts::{
    ArmTest, Body, Captures, Conditional, ItemId, Local, LocalId, Meta, Op, OpId, OpKind, Region, RegionId, RegionKind,
    Sym, TextRange, ThinVec, TypeRef,
};
use rustc_hash::FxHashSet;
use syn::Block;

use super::context::{Cx, Spare};

/// What lowering an expression yields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Val {
    /// The value; `None` where it is unit.
    pub(crate) op: Option<OpId>,
    /// The expression, parentheses included.
    pub(crate) range: TextRange,
    /// Whether control never passes it.
    pub(crate) diverges: bool,
}

impl Val {
    pub(crate) fn unit(range: TextRange) -> Self {
        Self { op: None, range, diverges: false }
    }

    /// The value as one of a join: absent where it is unit or diverges.
    pub(crate) fn joined(self) -> Option<OpId> {
        if self.diverges { None } else { self.op }
    }
}

/// What `break` and `continue` can leave.
pub(crate) struct Exit {
    pub(crate) label: Option<Sym>,
    pub(crate) region: RegionId,
    pub(crate) is_loop: bool,
    /// Values of the breaks that leave it.
    pub(crate) values: ThinVec<OpId>,
    /// Whether any break leaves it.
    pub(crate) left: bool,
}

/// A closure or async block around the current operation.
#[derive(Default)]
struct CaptureFrame {
    used: ThinVec<LocalId>,
    seen: FxHashSet<LocalId>,
    /// Exits outside cannot be reached from inside.
    first_exit: usize,
}

/// The lowering of one body.
pub(crate) struct Lower<'c, 'a> {
    pub(crate) cx: &'c mut Cx<'a>,
    body: Body,
    region: RegionId,
    /// Names in scope, innermost last.
    bindings: Vec<(Sym, LocalId)>,
    /// For each local the number of capture frames around its declaration.
    depths: Vec<usize>,
    frames: Vec<CaptureFrame>,
    exits: Vec<Exit>,
}

impl<'c, 'a> Lower<'c, 'a> {
    /// A body over the text of `range`.
    pub(crate) fn new(cx: &'c mut Cx<'a>, range: TextRange) -> Self {
        let whole = Region { kind: RegionKind::Body, parent: None, first: OpId(0), end: OpId(0), range };
        let Spare { mut body, bindings, depths } = cx.spare.pop().unwrap_or_default();
        body.regions.push(whole);
        Self { cx, body, region: RegionId(0), bindings, depths, frames: Vec::new(), exits: Vec::new() }
    }

    /// The finished body with its value.
    pub(crate) fn finish(mut self, tail: Option<OpId>) -> Body {
        self.close(RegionId(0));
        let Self { cx, mut body, mut bindings, mut depths, .. } = self;
        let finished = Body {
            ops: body.ops.drain(..).collect(),
            regions: body.regions.drain(..).collect(),
            locals: body.locals.drain(..).collect(),
            items: std::mem::take(&mut body.items),
            tail,
            conditional: std::mem::take(&mut body.conditional),
            type_arguments: std::mem::take(&mut body.type_arguments),
        };
        bindings.clear();
        depths.clear();
        cx.spare.push(Spare { body, bindings, depths });
        finished
    }

    /// Appends an operation.
    pub(crate) fn op(&mut self, kind: OpKind, range: TextRange) -> OpId {
        let id = self.next_op();
        self.body.ops.push(Op { kind, range, region: self.region });
        id
    }

    /// Appends an operation as the value of an expression.
    pub(crate) fn value(&mut self, kind: OpKind, range: TextRange) -> Val {
        Val { op: Some(self.op(kind, range)), range, diverges: false }
    }

    pub(crate) fn next_op(&self) -> OpId {
        OpId(self.body.ops.len() as u32)
    }

    /// Notes that the operations from one on are in builds with a `cfg` only.
    pub(crate) fn note_conditional(&mut self, first: OpId, predicate: Meta, negated: bool) {
        let end = self.next_op();
        if first < end {
            self.body.conditional.push(Conditional { first, end, predicate, negated });
        }
    }

    /// Notes the type arguments of the operation that comes next.
    pub(crate) fn note_type_arguments(&mut self, types: ThinVec<TypeRef>) {
        if !types.is_empty() {
            self.body.type_arguments.push((self.next_op(), types));
        }
    }

    /// The value as operand: unit is a tuple without elements.
    pub(crate) fn operand(&mut self, val: Val) -> OpId {
        match val.op {
            Some(op) => op,
            None => self.op(OpKind::Tuple(ThinVec::new()), val.range),
        }
    }

    /// The text of an operation.
    pub(crate) fn op_range(&self, op: OpId) -> TextRange {
        self.body.ops.get(op.0 as usize).map(|op| op.range).unwrap_or_default()
    }

    /// The region that operations are appended to.
    pub(crate) fn current(&self) -> RegionId {
        self.region
    }

    /// The region whose end ends the locals of a `let` here: the block around, also where the `let` comes out of a macro
    /// statement of it.
    pub(crate) fn block_scope(&self) -> RegionId {
        let mut scope = self.region;
        while let Some(region) = self.body.regions.get(scope.0 as usize)
            && matches!(region.kind, RegionKind::Statement { .. })
            && let Some(parent) = region.parent
        {
            scope = parent;
        }
        scope
    }

    /// Opens a region in the current one.
    pub(crate) fn open(&mut self, kind: RegionKind, range: TextRange) -> RegionId {
        let id = RegionId(self.body.regions.len() as u32);
        let first = self.next_op();
        self.body.regions.push(Region { kind, parent: Some(self.region), first, end: first, range });
        self.region = id;
        id
    }

    /// Opens an arm whose tests are given with [`Self::set_tests`].
    pub(crate) fn open_arm(&mut self, range: TextRange) -> RegionId {
        self.open(RegionKind::Arm { tests: ThinVec::new() }, range)
    }

    /// Tells the tests of an arm.
    pub(crate) fn set_tests(&mut self, arm: RegionId, tests: ThinVec<ArmTest>) {
        if let Some(region) = self.body.regions.get_mut(arm.0 as usize) {
            region.kind = RegionKind::Arm { tests };
        }
    }

    /// Tells the text of a region.
    pub(crate) fn set_range(&mut self, region: RegionId, range: TextRange) {
        if let Some(region) = self.body.regions.get_mut(region.0 as usize) {
            region.range = range;
        }
    }

    /// Closes a region: its parent is the current one again.
    pub(crate) fn close(&mut self, id: RegionId) {
        let end = self.next_op();
        if let Some(region) = self.body.regions.get_mut(id.0 as usize) {
            region.end = end;
            self.region = region.parent.unwrap_or(RegionId(0));
        }
    }

    /// The names in scope now, to come back to.
    pub(crate) fn scope(&self) -> usize {
        self.bindings.len()
    }

    /// Forgets names that came into scope since.
    pub(crate) fn leave_scope(&mut self, mark: usize) {
        self.bindings.truncate(mark);
    }

    /// Declares a local variable whose name is in scope from now on.
    pub(crate) fn declare(
        &mut self,
        name: Sym,
        ty: Option<Box<TypeRef>>,
        mutable: bool,
        range: TextRange,
        scope: RegionId,
    ) -> LocalId {
        let id = LocalId(self.body.locals.len() as u32);
        self.body.locals.push(Local { name, ty, mutable, range, scope });
        self.depths.push(self.frames.len());
        self.bindings.push((name, id));
        id
    }

    /// The local variable of a name, noted as captured by the closures between.
    pub(crate) fn lookup(&mut self, name: Sym) -> Option<LocalId> {
        let local = self.bindings.iter().rev().find(|(bound, _)| *bound == name)?.1;
        let depth = self.depths.get(local.0 as usize).copied().unwrap_or(0);
        for frame in self.frames.iter_mut().skip(depth) {
            if frame.seen.insert(local) {
                frame.used.push(local);
            }
        }
        Some(local)
    }

    /// Enters a closure or async block.
    pub(crate) fn enter_capture(&mut self) {
        self.frames.push(CaptureFrame { first_exit: self.exits.len(), ..CaptureFrame::default() });
    }

    /// Leaves it and returns what it takes along.
    pub(crate) fn leave_capture(&mut self, by_move: bool) -> Captures {
        let locals = self.frames.pop().map(|frame| frame.used).unwrap_or_default();
        Captures { by_move, locals }
    }

    /// Enters something that `break` can leave.
    pub(crate) fn enter_exit(&mut self, label: Option<Sym>, region: RegionId, is_loop: bool) {
        self.exits.push(Exit { label, region, is_loop, values: ThinVec::new(), left: false });
    }

    /// Leaves it.
    pub(crate) fn leave_exit(&mut self) -> Option<Exit> {
        self.exits.pop()
    }

    /// What a `break` or `continue` with that label leaves.
    pub(crate) fn exit(&mut self, label: Option<Sym>) -> Option<&mut Exit> {
        let first = self.frames.last().map_or(0, |frame| frame.first_exit);
        let inside = self.exits.get_mut(first..)?;
        inside.iter_mut().rev().find(|exit| match label {
            Some(label) => exit.label == Some(label),
            None => exit.is_loop,
        })
    }

    /// Notes an item declared in the current block.
    pub(crate) fn nested_item(&mut self, item: ItemId) {
        self.body.items.push((self.region, item));
    }

    /// A block as a region of its own.
    pub(crate) fn block(&mut self, block: &Block, breakable: bool) -> Val {
        let range = self.cx.range(block.brace_token.span.join());
        let region = self.open(RegionKind::Block { breakable }, range);
        let val = self.statements(&block.stmts, range);
        self.close(region);
        val
    }
}
