use alloc::vec::Vec;

use super::Rng;

/// How large a generated history is, and what becomes of its operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How many processes call at once.
    pub processes: usize,
    /// How many operations are called.
    pub operations: usize,
    /// How many of a hundred operations never return. A process that does not know is replaced by another.
    pub pending_percent: usize,
    /// How many of a hundred fail.
    pub failed_percent: usize,
}

/// What is called: it answers at once, at some moment between the ends of a call.
pub trait Object {
    /// What is asked for.
    type Op;
    /// What comes back.
    type Ret;

    /// Any operation for this process to call; `nth` is different for each of a history.
    fn ask(&mut self, rng: &mut Rng, process: usize, nth: usize) -> Self::Op;

    /// Does it; or nothing, if it cannot be done now and has to wait.
    fn answer(&mut self, rng: &mut Rng, op: &Self::Op) -> Option<Self::Ret>;
}

/// One end of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening<O, R> {
    /// It is called.
    Call(O),
    /// It was done.
    Return(O, R),
    /// It was not done.
    Fail(O),
    /// Nobody knows.
    Lose(O),
}

struct Running<O, R> {
    op: O,
    ret: Option<R>,
    fails: bool,
}

/// After how many turns in which nothing happens what waits is taken to wait for ever.
const STALLED_MAX: usize = 1_000;

/// Lets processes call an object that answers each call at some moment between its ends, and tells what happens, by process. Calls
/// that wait for ever have no end.
pub fn run<B: Object>(
    object: &mut B,
    rng: &mut Rng,
    shape: Shape,
    mut happens: impl FnMut(u64, Happening<B::Op, B::Ret>),
) where
    B::Op: Clone,
{
    let mut running: Vec<Option<Running<B::Op, B::Ret>>> = Vec::new();
    running.resize_with(shape.processes, || None);
    let mut processes: Vec<u64> = (0..).take(shape.processes).collect();
    let (mut invoked, mut open, mut stalled) = (0, 0, 0);
    while shape.processes > 0 && (invoked < shape.operations || open > 0) && stalled < STALLED_MAX {
        stalled += 1;
        let at = rng.below(shape.processes);
        let process = processes[at];
        match running[at].take() {
            None if invoked < shape.operations => {
                let op = object.ask(rng, at, invoked);
                happens(process, Happening::Call(op.clone()));
                running[at] = Some(Running { op, ret: None, fails: rng.chance(shape.failed_percent) });
                (invoked, open, stalled) = (invoked + 1, open + 1, 0);
            }
            None => {}
            Some(call) if call.fails => {
                open -= 1;
                happens(process, Happening::Fail(call.op));
            }
            Some(call) if call.ret.is_none() && rng.chance(shape.pending_percent) => {
                if rng.chance(50) {
                    object.answer(rng, &call.op);
                }
                open -= 1;
                happens(process, Happening::Lose(call.op));
                processes[at] = (invoked as u64 + 10) * 100 + at as u64;
            }
            Some(Running { op, ret: None, fails }) => {
                let ret = object.answer(rng, &op);
                stalled = if ret.is_some() { 0 } else { stalled };
                running[at] = Some(Running { op, ret, fails });
            }
            Some(Running { op, ret: Some(ret), .. }) => {
                happens(process, Happening::Return(op, ret));
                (open, stalled) = (open - 1, 0);
            }
        }
    }
}
