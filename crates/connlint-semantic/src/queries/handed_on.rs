//! Which function takes the second connection where what is held is handed on.

use crate::analyses::live_range::{HeldAcquire, LiveRange};
use crate::domain::FunctionKind;
use crate::program::Program;

impl Program {
    /// For a second acquire below a call that what is held goes into: the last function on the way that is given it, with
    /// the acquire as that function makes it. `None` where no function below can hold it.
    pub fn last_holder(&self, acquire: &HeldAcquire) -> Option<(&LiveRange, &HeldAcquire)> {
        let path = if acquire.handed_on { &acquire.path[..] } else { &[] };
        let mut last = None;
        for (index, &call) in path.iter().enumerate() {
            let callee = self.calls[call as usize].to;
            if self.function(callee).kind != FunctionKind::Function {
                continue;
            }
            let given = || self.live_ranges.iter().filter(move |range| range.borrowed && range.function == callee);
            if given().next().is_none() {
                break;
            }
            let below = &path[index + 1..];
            let same = |other: &&HeldAcquire| is_at(acquire, other) && below.ends_with(&other.path);
            last = given().find_map(|range| Some((range, range.acquires.iter().find(same)?))).or(last);
        }
        last
    }
}

/// Whether both are one acquire. The function that makes it has the whole chain of calls for its place.
fn is_at(acquire: &HeldAcquire, other: &HeldAcquire) -> bool {
    other.site.file == acquire.site.file && other.site.range.contains(acquire.site.range)
}
