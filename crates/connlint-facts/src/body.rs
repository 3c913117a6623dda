//! Function bodies: operations in evaluation order, nested in regions.
//!
//! A [`Body`] is a flat list of operations; the index of an operation is the name of its value. Structure is given by
//! [`Region`]s, each a contiguous run of operations with a parent. So one forward pass sees every value before its use,
//! and "is this inside a loop, behind that test, in that closure" is a walk up the regions.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thin_vec::ThinVec;

use crate::ids::{ItemId, LocalId, OpId, RegionId};
use crate::item::Meta;
use crate::text::{Literal, Sym, TextRange};
use crate::types::{Path, TypeRef};

/// The lowered body of a function, constant or static.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// Operations in evaluation order.
    pub ops: Vec<Op>,
    /// Regions; the first is the whole body, a parent comes before its children.
    pub regions: Vec<Region>,
    /// Local variables in order of declaration.
    pub locals: Vec<Local>,
    /// Items declared inside, with the block region that they belong to.
    pub items: ThinVec<(RegionId, ItemId)>,
    /// The value of the body's tail expression; `None` where it is unit.
    pub tail: Option<OpId>,
    /// The operations that only some builds have.
    pub conditional: ThinVec<Conditional>,
    /// The type arguments of the method calls that are given some, in order: few are.
    pub type_arguments: ThinVec<(OpId, ThinVec<TypeRef>)>,
}

impl Body {
    /// The numbers of its operations, in order.
    pub fn op_ids(&self) -> impl Iterator<Item = OpId> + use<> {
        (0..self.ops.len() as u32).map(OpId)
    }

    /// The type arguments that a method call is given.
    pub fn type_arguments_of(&self, call: OpId) -> &[TypeRef] {
        let found = self.type_arguments.binary_search_by_key(&call, |(op, _)| *op).ok();
        found.and_then(|at| self.type_arguments.get(at)).map_or(&[], |(_, types)| types)
    }
}

/// Operations in a row that a `cfg` stands on: a statement, an arm, a side of `cfg_if!` or of `if cfg!(…)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conditional {
    /// The first.
    pub first: OpId,
    /// The one behind the last.
    pub end: OpId,
    /// The predicate.
    pub predicate: Meta,
    /// Whether the builds have them in which the predicate does not hold.
    pub negated: bool,
}

/// A local variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Its name (`self` for the receiver).
    pub name: Sym,
    /// Its type, where the pattern that binds it is a plain `name: Type`.
    pub ty: Option<Box<TypeRef>>,
    /// Whether it is `mut`.
    pub mutable: bool,
    /// Where it is bound.
    pub range: TextRange,
    /// The region at whose end it is dropped, if it was not moved before.
    pub scope: RegionId,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Op {
    /// What it does.
    pub kind: OpKind,
    /// The expression or pattern that it stands for. For tokens out of a `macro_rules!` body: the macro call.
    pub range: TextRange,
    /// The innermost region that holds it.
    pub region: RegionId,
}

/// An argument of a call to a macro of unknown meaning, `name = value` in `tracing` and `format!` calls included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arg {
    /// The name before `=`.
    pub name: Option<Sym>,
    /// The value.
    pub value: OpId,
}

/// What an operation does. Operands are earlier operations of the same body.
///
/// Facts are mostly operations, so those with large parts have them boxed, and lists take the room of a pointer: none is
/// larger than 24 bytes. Operations of a file that name the same path share it: of four, three do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OpKind {
    /// The value of a parameter: by its index in [`crate::FnItem::params`] for a function, or in
    /// [`OpKind::Closure`]'s `params` for a closure (then the operation lies in the closure's region).
    Param(u32),
    /// The value of `self` as it enters the function.
    SelfParam,
    /// Use of a local variable as a place. It is a move or copy where an operation takes it by value; under
    /// [`OpKind::Ref`], [`OpKind::Field`], [`OpKind::Index`], [`OpKind::Deref`], as receiver of a method, as place of an
    /// assignment or as scrutinee it is a use in place.
    Local(LocalId),
    /// A path that is no local: function, constant, static, unit struct, variant, associated item.
    Path(Arc<Path>),
    /// A literal.
    Literal(Literal),
    /// `base.name`, tuple fields as decimal digits; also the projection that a struct or tuple pattern makes.
    Field {
        /// The place.
        base: OpId,
        /// The field.
        name: Sym,
    },
    /// The projection that a pattern `Some(x)`, `Enum::A { x, .. }`, `State(x)` makes: a field of that variant or struct.
    VariantField {
        /// The matched value.
        base: OpId,
        /// The constructor.
        variant: Arc<Path>,
        /// The field, or its index as decimal digits.
        name: Sym,
    },
    /// One element of a sequence: a slice pattern's.
    Element {
        /// The sequence.
        base: OpId,
    },
    /// `base[index]`.
    Index {
        /// The place.
        base: OpId,
        /// The index.
        index: OpId,
    },
    /// `*base`, or the `&` of a pattern.
    Deref {
        /// The place.
        base: OpId,
    },
    /// `&place`, `&mut place`, `&raw …`; also a `ref` binding.
    Ref {
        /// The place.
        base: OpId,
        /// Whether it is `&mut`.
        mutable: bool,
    },
    /// `-x`, `!x`.
    Unary {
        /// The operator.
        op: UnaryOp,
        /// The operand.
        operand: OpId,
    },
    /// `a + b`, `a == b`; `a && b` and `a || b`, whose right side lies in an [`RegionKind::Arm`].
    Binary {
        /// The operator.
        op: BinaryOp,
        /// Left side.
        left: OpId,
        /// Right side.
        right: OpId,
    },
    /// `callee(args)`; the callee is an [`OpKind::Path`] or any other value.
    Call {
        /// What is called.
        callee: OpId,
        /// Arguments in order.
        args: ThinVec<OpId>,
    },
    /// `recv.name(args)`; type arguments are in [`Body::type_arguments`].
    MethodCall {
        /// The receiver.
        recv: OpId,
        /// The method.
        name: Sym,
        /// Arguments without the receiver.
        args: ThinVec<OpId>,
        /// Where the method's name begins; 0 where that is not known.
        name_start: u32,
    },
    /// `Path { field: value, ..base }`.
    StructLit {
        /// What is around the fields.
        frame: Box<StructFrame>,
        /// Fields in the order written, shorthands too.
        fields: ThinVec<(Sym, OpId)>,
    },
    /// `(a, b)`; unit has no elements.
    Tuple(ThinVec<OpId>),
    /// `[a, b]`, `vec![a, b]`.
    Array(ThinVec<OpId>),
    /// `[value; len]`, `vec![value; len]`.
    Repeat {
        /// The value.
        value: OpId,
        /// The length.
        len: OpId,
    },
    /// `a..b` and its relatives.
    Range {
        /// Start.
        start: Option<OpId>,
        /// End.
        end: Option<OpId>,
    },
    /// `value as T`.
    Cast {
        /// The value.
        value: OpId,
        /// The type.
        ty: Box<TypeRef>,
    },
    /// `future.await`. `join!(a, b)` and `select!` await each operand.
    Await {
        /// The future.
        future: OpId,
    },
    /// `value?`, `try!(value)`: leaves the function (or `try` block, or closure) on failure.
    Try {
        /// The value.
        value: OpId,
    },
    /// A closure; its body is the region, its value the closure itself. The region's operations begin with those that
    /// bind its parameters.
    Closure {
        /// Its body.
        region: RegionId,
        /// What is written before its body, and what it takes along.
        head: Box<ClosureHead>,
        /// The value of its body; `None` where it is unit or diverges.
        tail: Option<OpId>,
    },
    /// `async { … }`; its value is the future.
    Async {
        /// Its body.
        region: RegionId,
        /// What it takes along.
        captures: Box<Captures>,
        /// The value of its body; `None` where it is unit or diverges.
        tail: Option<OpId>,
    },
    /// The value of an `if`, `match`, `loop`, labelled or `try` block: one of these, the tails of its arms (diverging and
    /// unit arms absent).
    Join(ThinVec<OpId>),
    /// One item of what a `for` loop or a comprehension runs over, at the head of the loop's region.
    IterItem {
        /// The iterated value.
        iter: OpId,
    },
    /// A local variable comes into being. Every binding of a pattern, parameter and `let` is one.
    Bind {
        /// The variable.
        local: LocalId,
        /// Its value; `None` for `let x;`.
        value: Option<OpId>,
    },
    /// `let _ = value;`, or a `_` parameter: dropped at once if it is a temporary, untouched if it is a place.
    Discard {
        /// The value.
        value: OpId,
    },
    /// `place = value`, the old value is dropped.
    Assign {
        /// The place.
        place: OpId,
        /// The value.
        value: OpId,
    },
    /// `place += value`.
    AssignOp {
        /// The place.
        place: OpId,
        /// The value.
        value: OpId,
    },
    /// `return value`, of the innermost closure, async block or function.
    Return(Option<OpId>),
    /// `break 'label value`; the region is the loop or labelled block that it leaves.
    Break {
        /// What it leaves.
        target: Option<RegionId>,
        /// Its value.
        value: Option<OpId>,
    },
    /// `continue`.
    Continue {
        /// The loop.
        target: Option<RegionId>,
    },
    /// `yield value`, also in `stream!`.
    Yield(Option<OpId>),
    /// A macro call, after its arguments. For macros that the parser knows the operations of their meaning come before
    /// it (`select!` has arms, `join!` has awaits) and this is their value.
    Macro {
        /// The macro.
        path: Arc<Path>,
        /// Its arguments.
        args: ThinVec<Arg>,
        /// For `matches!`, `assert_matches!` and the like: nothing more is known.
        diverges: bool,
    },
    /// A macro of the workspace was expanded: the operations of its expansion come before it, its value is theirs. Also
    /// `pin!` and `dbg!`, which yield their argument.
    Expanded {
        /// The macro.
        path: Arc<Path>,
        /// The value of the expansion.
        value: Option<OpId>,
    },
    /// An expression that the parser does not model (inline assembly, a verbatim form); a problem says why.
    Unknown,
}

impl OpKind {
    /// What a closure or async block takes along.
    pub fn captures(&self) -> Option<&Captures> {
        match self {
            Self::Closure { head, .. } => Some(&head.captures),
            Self::Async { captures, .. } => Some(captures),
            _ => None,
        }
    }
}

/// What is around the fields of a struct literal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StructFrame {
    /// The struct or variant.
    pub path: Path,
    /// `..base`.
    pub base: Option<OpId>,
}

/// A closure without its body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosureHead {
    /// Types written at its parameters.
    pub params: ThinVec<Option<TypeRef>>,
    /// Return type written.
    pub ret: Option<TypeRef>,
    /// `async |x| …`.
    pub is_async: bool,
    /// What it takes along.
    pub captures: Captures,
}

/// What a closure or async block takes along.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captures {
    /// Whether it is `move`.
    pub by_move: bool,
    /// The locals of enclosing regions that it uses, in order of first use.
    pub locals: ThinVec<LocalId>,
}

/// Unary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UnaryOp {
    /// `!x`
    Not,
    /// `-x`
    Neg,
}

/// Binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BinaryOp {
    /// `&&`
    And,
    /// `||`
    Or,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`, `<=`, `>`, `>=`
    Compare,
    /// `+`, `-`, `*`, `/`, `%`
    Arithmetic,
    /// `&`, `|`, `^`, `<<`, `>>`
    Bitwise,
}

/// A contiguous run of operations with one meaning.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// What it is.
    pub kind: RegionKind,
    /// The region around it; `None` for the whole body.
    pub parent: Option<RegionId>,
    /// First operation.
    pub first: OpId,
    /// Operation after the last.
    pub end: OpId,
    /// The text of it.
    pub range: TextRange,
}

/// What a region is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RegionKind {
    /// The whole body, its parameters' bindings included.
    Body,
    /// `{ … }`: locals and the temporaries of its statements die at its end.
    Block {
        /// Whether it is the `{ … }` of a `try` block or a labelled block, which `?` or `break` leave.
        breakable: bool,
    },
    /// One statement: temporaries die at its end. A `let` statement's own locals live in the block around it.
    Statement {
        /// Whether it is a `let`.
        is_let: bool,
    },
    /// The tail expression of a block: its temporaries die with the block's locals (editions before 2024) or before them.
    Tail,
    /// One way of an `if`, `match`, `while`, let-else, `&&`, `||` or `select!`: run if all tests hold. Its pattern
    /// bindings live in it.
    Arm {
        /// What holds inside; empty for an `else` whose condition has several parts, and for `select!`.
        tests: ThinVec<ArmTest>,
    },
    /// A loop's body, with its condition or the item it fetches at the head.
    Loop(LoopKind),
    /// A closure's body.
    Closure,
    /// An async block's body.
    Async,
    /// A `const { … }` block.
    Const,
}

/// Which loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoopKind {
    /// `loop`
    Loop,
    /// `while`, `while let`; its condition is evaluated inside the loop's region.
    While,
    /// `for`; the iterated value is evaluated before the loop's region.
    For,
}

/// A test that holds in an arm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArmTest {
    /// The tested value.
    pub value: OpId,
    /// What is known of it.
    pub expect: Expect,
}

/// What is known of a tested value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// It is true.
    True,
    /// It is false.
    False,
    /// It matches the pattern.
    Matches(PatternHead),
    /// It does not match the pattern.
    Fails(PatternHead),
}

/// The refutable shape of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(remote = "Self")]
pub enum PatternHead {
    /// A binding or `_`: matches all.
    Any,
    /// A constructor, unit or constant path, with the heads of its sub-patterns (named fields in the order written).
    Variant(Arc<Path>, ThinVec<PatternHead>),
    /// A literal with its value, or a range or another form without.
    Literal(Option<Literal>),
    /// A tuple or slice.
    Tuple(ThinVec<PatternHead>),
    /// `a | b`.
    Or(ThinVec<PatternHead>),
}
