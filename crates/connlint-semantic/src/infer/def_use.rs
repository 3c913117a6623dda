//! Where values of one body come from and where they go.

use connlint_facts::{Body, LocalId, OpId, OpKind, RegionId, RegionKind};

use crate::infer::small_numbers::SmallNumbers;

/// The uses of values and locals in one body.
#[derive(Debug, Default)]
pub(crate) struct DefUse {
    users: IndexLists,
    /// Operations that read a local.
    reads: IndexLists,
    /// Values bound or assigned to a local.
    writes: IndexLists,
}

/// Lists of operations by number, all in one.
#[derive(Debug, Default)]
struct IndexLists {
    /// Where each list ends; it begins where the one before ends.
    ends: SmallNumbers,
    all: Box<[OpId]>,
}

impl IndexLists {
    /// The lists of as many numbers; of pairs of one number the order is kept.
    fn of(count: usize, pairs: &[(u32, OpId)]) -> Self {
        let mut ends = vec![0u32; count];
        for &(row, _) in pairs {
            if let Some(end) = ends.get_mut(row as usize) {
                *end += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            // First where each list begins; filling it moves that to where it ends.
            (total, *end) = (total + *end, total);
        }
        let mut all = vec![OpId(0); total as usize].into_boxed_slice();
        for &(row, op) in pairs {
            if let Some(at) = ends.get_mut(row as usize) {
                all[*at as usize] = op;
                *at += 1;
            }
        }
        Self { ends: SmallNumbers::of(&ends), all }
    }

    fn get(&self, row: u32) -> &[OpId] {
        let Some(end) = self.ends.get(row as usize) else { return &[] };
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before as usize)).unwrap_or(0);
        &self.all[start as usize..end as usize]
    }
}

/// Bounds the walk along one value; real chains have fewer than thirty steps.
const MAX_STEPS: usize = 400;

/// What a value ends up in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sink {
    /// Returned by the function or closure, or the value of its tail.
    Returned(OpId),
    /// Assigned to a place.
    Assigned(OpId),
    /// An argument of a call or method call (its operation).
    Argument(OpId),
    /// The receiver of a method call.
    Receiver(OpId),
    /// A field of a struct literal, an element of a tuple or array.
    Part(OpId),
    /// Leaves a loop or block as its value.
    Broken(OpId),
}

impl DefUse {
    pub(crate) fn of(body: &Body) -> Self {
        let (mut users, mut reads, mut writes) = (Vec::new(), Vec::new(), Vec::new());
        users.reserve(body.ops.len());
        for (index, op) in body.ops.iter().enumerate() {
            let id = OpId(index as u32);
            operands(&op.kind, |operand| users.push((operand.0, id)));
            match &op.kind {
                OpKind::Local(local) => reads.push((local.0, id)),
                OpKind::Bind { local, value: Some(value) } => writes.push((local.0, *value)),
                OpKind::Assign { place, value } => {
                    if let OpKind::Local(local) = body.ops[place.0 as usize].kind {
                        writes.push((local.0, *value));
                    }
                }
                _ => {}
            }
        }
        let locals = body.locals.len();
        Self {
            users: IndexLists::of(body.ops.len(), &users),
            reads: IndexLists::of(locals, &reads),
            writes: IndexLists::of(locals, &writes),
        }
    }

    pub(crate) fn users(&self, op: OpId) -> &[OpId] {
        self.users.get(op.0)
    }

    pub(crate) fn reads(&self, local: LocalId) -> &[OpId] {
        self.reads.get(local.0)
    }

    pub(crate) fn writes(&self, local: LocalId) -> &[OpId] {
        self.writes.get(local.0)
    }

    /// Where the value of an operation ends up, followed through locals, `?`, `.await`, references, patterns,
    /// constructors and conversions that keep it inside.
    pub(crate) fn sinks(&self, body: &Body, start: OpId) -> Vec<Sink> {
        self.follow(body, start).0
    }

    /// The sinks of a value, and all operations that it passes through.
    pub(crate) fn follow(&self, body: &Body, start: OpId) -> (Vec<Sink>, Vec<OpId>) {
        self.follow_if(body, start, &|_| true)
    }

    /// The same, following what a method makes of its receiver only where `keeps` says that it still holds it.
    pub(crate) fn follow_if(&self, body: &Body, start: OpId, keeps: &impl Fn(OpId) -> bool) -> (Vec<Sink>, Vec<OpId>) {
        let mut sinks = Vec::new();
        let mut seen = vec![start];
        let mut next = 0;
        while next < seen.len() {
            let op = seen[next];
            next += 1;
            if body.tail == Some(op) {
                sinks.push(Sink::Returned(op));
            }
            for &user in self.users(op) {
                self.step(body, op, user, keeps, &mut sinks, &mut seen);
            }
        }
        (sinks, seen)
    }

    fn step(
        &self,
        body: &Body,
        value: OpId,
        user: OpId,
        keeps: &impl Fn(OpId) -> bool,
        sinks: &mut Vec<Sink>,
        seen: &mut Vec<OpId>,
    ) {
        let mut follow = |op: OpId| {
            if seen.len() < MAX_STEPS && !seen.contains(&op) {
                seen.push(op);
            }
        };
        match &body.ops[user.0 as usize].kind {
            OpKind::Bind { local, .. } => self.reads(*local).iter().for_each(|&r| follow(r)),
            OpKind::Assign { place, value: v } if *v == value => {
                if let OpKind::Local(local) = body.ops[place.0 as usize].kind {
                    self.reads(local).iter().for_each(|&r| follow(r));
                }
                sinks.push(Sink::Assigned(user));
            }
            OpKind::MethodCall { recv, args, .. } => {
                if *recv == value {
                    sinks.push(Sink::Receiver(user));
                    if keeps(user) {
                        follow(user);
                    }
                }
                if args.contains(&value) {
                    sinks.push(Sink::Argument(user));
                    // `list.push(x)`, `builder.with(x)`: the receiver, and what the method makes of it, may hold it now.
                    if let Some(local) = self.mutable_local(body, *recv) {
                        self.reads(local).iter().for_each(|&r| follow(r));
                    } else if matches!(body.ops[recv.0 as usize].kind, OpKind::Call { .. } | OpKind::MethodCall { .. })
                        && keeps(user)
                        && self.chains(body, user)
                    {
                        follow(user);
                    }
                }
            }
            OpKind::Call { callee, args } if *callee != value && args.contains(&value) => {
                sinks.push(Sink::Argument(user));
                follow(user);
            }
            OpKind::StructLit { .. } | OpKind::Tuple(_) | OpKind::Array(_) => {
                sinks.push(Sink::Part(user));
                follow(user);
            }
            OpKind::Return(_) => sinks.push(Sink::Returned(user)),
            OpKind::Closure { tail, .. } | OpKind::Async { tail, .. } if *tail == Some(value) => follow(user),
            OpKind::Break { target, .. } => {
                sinks.push(Sink::Broken(user));
                if let Some(join) = self.join_after(body, *target) {
                    follow(join);
                }
            }
            OpKind::Macro { .. } => sinks.push(Sink::Argument(user)),
            OpKind::Field { .. }
            | OpKind::VariantField { .. }
            | OpKind::Element { .. }
            | OpKind::Index { .. }
            | OpKind::Deref { .. }
            | OpKind::Ref { .. }
            | OpKind::Await { .. }
            | OpKind::Try { .. }
            | OpKind::Join(_)
            | OpKind::Cast { .. }
            | OpKind::IterItem { .. }
            | OpKind::Expanded { .. } => follow(user),
            // It is what is called, what is assigned to, or not the value of the block.
            OpKind::Assign { .. } | OpKind::Call { .. } | OpKind::Closure { .. } | OpKind::Async { .. } => {}
            // Something new is made of it.
            OpKind::Unary { .. }
            | OpKind::Binary { .. }
            | OpKind::Repeat { .. }
            | OpKind::Range { .. }
            | OpKind::AssignOp { .. } => {}
            // It goes no further, or leaves where no sink is known.
            OpKind::Discard { .. } | OpKind::Yield(_) => {}
            // They have no operands.
            OpKind::Param(_)
            | OpKind::SelfParam
            | OpKind::Local(_)
            | OpKind::Path(_)
            | OpKind::Literal(_)
            | OpKind::Continue { .. }
            | OpKind::Unknown => {}
        }
    }

    /// Whether a method's result goes on in the same chain: `Builder::new(a).with(x).build()`.
    fn chains(&self, body: &Body, call: OpId) -> bool {
        self.users(call)
            .iter()
            .any(|&user| matches!(body.ops[user.0 as usize].kind, OpKind::MethodCall { recv, .. } if recv == call))
    }

    /// The `mut` local that a receiver is.
    fn mutable_local(&self, body: &Body, recv: OpId) -> Option<LocalId> {
        let place = match body.ops[recv.0 as usize].kind {
            OpKind::Ref { base, .. } => base,
            _ => recv,
        };
        match body.ops[place.0 as usize].kind {
            OpKind::Local(local) => body.locals.get(local.0 as usize).filter(|l| l.mutable).map(|_| local),
            _ => None,
        }
    }

    /// The value that a loop or block yields, right after its region.
    fn join_after(&self, body: &Body, region: Option<RegionId>) -> Option<OpId> {
        let end = body.regions.get(region?.0 as usize)?.end;
        matches!(body.ops.get(end.0 as usize)?.kind, OpKind::Join(_)).then_some(end)
    }
}

/// Calls `visit` for each operand of an operation.
pub(crate) fn operands(kind: &OpKind, mut visit: impl FnMut(OpId)) {
    let mut all = |ops: &[OpId]| ops.iter().for_each(|&op| visit(op));
    match kind {
        OpKind::Field { base, .. }
        | OpKind::VariantField { base, .. }
        | OpKind::Element { base }
        | OpKind::Deref { base }
        | OpKind::Ref { base, .. } => all(&[*base]),
        OpKind::Index { base, index } => all(&[*base, *index]),
        OpKind::Unary { operand, .. } => all(&[*operand]),
        OpKind::Binary { left, right, .. } => all(&[*left, *right]),
        OpKind::Call { callee, args } => {
            all(&[*callee]);
            all(args);
        }
        OpKind::MethodCall { recv, args, .. } => {
            all(&[*recv]);
            all(args);
        }
        OpKind::StructLit { fields, frame } => {
            fields.iter().for_each(|&(_, v)| all(&[v]));
            frame.base.iter().for_each(|&b| all(&[b]));
        }
        OpKind::Tuple(parts) | OpKind::Array(parts) | OpKind::Join(parts) => all(parts),
        OpKind::Repeat { value, len } => all(&[*value, *len]),
        OpKind::Range { start, end } => start.iter().chain(end).for_each(|&v| all(&[v])),
        OpKind::Cast { value, .. } | OpKind::Try { value } | OpKind::Discard { value } => all(&[*value]),
        OpKind::Await { future } => all(&[*future]),
        OpKind::Closure { tail, .. } | OpKind::Async { tail, .. } => tail.iter().for_each(|&t| all(&[t])),
        OpKind::IterItem { iter } => all(&[*iter]),
        OpKind::Bind { value, .. } | OpKind::Return(value) | OpKind::Break { value, .. } | OpKind::Yield(value) => {
            value.iter().for_each(|&v| all(&[v]));
        }
        OpKind::Assign { place, value } | OpKind::AssignOp { place, value } => all(&[*place, *value]),
        OpKind::Macro { args, .. } => args.iter().for_each(|a| all(&[a.value])),
        OpKind::Expanded { value, .. } => value.iter().for_each(|&v| all(&[v])),
        OpKind::Param(_)
        | OpKind::SelfParam
        | OpKind::Local(_)
        | OpKind::Path(_)
        | OpKind::Literal(_)
        | OpKind::Continue { .. }
        | OpKind::Unknown => {}
    }
}

pub(crate) fn in_closure(body: &Body, region: RegionId) -> bool {
    ancestors(body, region).any(|r| body.regions[r.0 as usize].kind == RegionKind::Closure)
}

/// A region and all around it, innermost first.
pub(crate) fn ancestors(body: &Body, region: RegionId) -> impl Iterator<Item = RegionId> + '_ {
    std::iter::successors(Some(region), |r| body.regions.get(r.0 as usize).and_then(|r| r.parent))
}

/// The regions directly in each region of a body, in order.
pub(crate) fn children(body: &Body) -> Vec<Vec<RegionId>> {
    let mut children = vec![Vec::new(); body.regions.len()];
    for (index, region) in body.regions.iter().enumerate() {
        if let Some(parent) = region.parent {
            children[parent.0 as usize].push(RegionId(index as u32));
        }
    }
    children
}

/// How many arms of one branch are at the head of a list of sibling regions: they follow each other without a gap.
pub(crate) fn arms_at_head(body: &Body, siblings: &[RegionId]) -> usize {
    let mut end = None;
    let follows = |id: &&RegionId| {
        let region = &body.regions[id.0 as usize];
        let is_next = end.is_none_or(|end| end == region.first);
        end = Some(region.end);
        is_next && matches!(region.kind, RegionKind::Arm { .. })
    };
    siblings.iter().take_while(follows).count()
}

/// Whether a region is another one or lies in it.
pub(crate) fn inside_region(body: &Body, region: RegionId, outer: RegionId) -> bool {
    ancestors(body, region).any(|around| around == outer)
}

/// Whether an operation lies in a region.
pub(crate) fn inside(body: &Body, op: OpId, region: RegionId) -> bool {
    body.regions.get(region.0 as usize).is_some_and(|r| r.first <= op && op < r.end)
}
