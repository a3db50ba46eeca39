use alloc::{collections::BTreeMap, vec::Vec};

use super::{Entry, FormatError, Kind, Mistake, Recorded};
use crate::{History, HistoryBuilder, Malformed, OpId};

/// What a `:fail` of a compare-and-set says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailedCas {
    /// It was not done, like everything else that failed.
    #[default]
    NotDone,
    /// It was done, and found another value than it compared with. (Unless an error is given instead of its value.)
    Mismatch,
}

/// A history and where it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled<O, R> {
    /// The history.
    pub history: History<O, R>,
    /// For each operation the places, among the entries, of its invocation and of what ended it.
    pub places: Vec<(usize, Option<usize>)>,
}

impl<O, R> Assembled<O, R> {
    /// The places of an operation.
    pub fn places_of(&self, id: OpId) -> Option<(usize, Option<usize>)> {
        self.places.get(id.index()).copied()
    }
}

/// The history that entries make.
///
/// # Errors
/// Names the line of the first entry that the specification does not know, or that does not fit those before it.
pub fn assemble<M: Recorded>(
    model: &M,
    entries: &[Entry],
    failed_cas: FailedCas,
) -> Result<Assembled<M::Op, M::Ret>, FormatError> {
    let mut builder = HistoryBuilder::new();
    let mut open: BTreeMap<u64, (M::Op, &str)> = BTreeMap::new();
    let mut places: Vec<(usize, Option<usize>)> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        let at = |mistake| FormatError { line: entry.line, mistake };
        let process = entry.process;
        if entry.kind == Kind::Invoke {
            let op = model.op(entry).map_err(at)?;
            builder.invoke(process, op.clone()).map_err(|refused| at(refused.why.into()))?;
            places.push((place, None));
            open.insert(process, (op, &entry.f));
            continue;
        }
        let invoked = open.remove(&process);
        if invoked.as_ref().is_some_and(|(_, f)| *f != entry.f) {
            return Err(at(Mistake::OtherOperation));
        }
        let op = invoked.as_ref().map(|(op, _)| op);
        let refused = op.filter(|_| failed_cas == FailedCas::Mismatch && !entry.is_error());
        let ended = match (entry.kind, op) {
            (Kind::Ok, Some(op)) => {
                builder.ok(process, model.ret(op, entry).map_err(at)?).map_err(Malformed::from)
            }
            (Kind::Fail, _) => match refused.and_then(|op| model.refused(op)) {
                Some(ret) => builder.ok(process, ret).map_err(Malformed::from),
                None => builder.fail(process),
            },
            (Kind::Info | Kind::Invoke | Kind::Ok, _) => builder.info(process),
        };
        let id = ended.map_err(|error| at(error.into()))?;
        if let Some((_, end)) = places.get_mut(id.index()) {
            *end = Some(place);
        }
    }
    Ok(Assembled { history: builder.finish(), places })
}
