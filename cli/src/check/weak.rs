//! Models of registers by key: linearizability, and those that are weaker.

use clap::ValueEnum;
use quorate_consistency::{
    CausalModel, Guarantee, Guarantees, Linearizer, Options, RegisterHistory, Sequencer, SequentialVerdict,
    Unknown, Unsuitable, Verdict as Judged,
    format::{Assembled, Entry, FailedCas, Value, assemble},
    measure_staleness,
    spec::{Access, RegisterRet, Registers},
};
use serde::Serialize;

use super::{report::Verdict, watch::Watch};

/// From the strongest to the weakest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WeakModel {
    /// Registers: read [K nil], write [K V], or without keys; each key is linearizable
    Linearizable,
    /// One order of all operations, without regard to time
    Sequential,
    /// CM: each process sees all writes in a causal order of its own
    CausalMemory,
    /// CCv: all see the writes in one causal order
    CausalConvergent,
    /// CC: each read is explained by what is causally before it
    Causal,
    /// Each process sees all writes, each other's in their order
    Pram,
    /// Read your writes, monotonic reads, monotonic writes and writes follow reads, all together
    Sessions,
}

impl WeakModel {
    const fn name(self) -> &'static str {
        match self {
            Self::Linearizable => "linearizable",
            Self::Sequential => "sequential",
            Self::CausalMemory => "causal-memory",
            Self::CausalConvergent => "causal-convergent",
            Self::Causal => "causal",
            Self::Pram => "pram",
            Self::Sessions => "sessions",
        }
    }
}

/// What one file came to.
#[derive(Debug)]
pub(super) struct WeakReport {
    pub(super) verdict: Verdict,
    /// The verdict, or the strongest models that hold.
    pub(super) answer: String,
    pub(super) why: Option<String>,
    operations: usize,
}

/// An object of JSON for a file.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    file: &'a str,
    answer: &'a str,
    operations: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

impl WeakReport {
    pub(super) fn new(verdict: Verdict, why: Option<String>, operations: usize) -> Self {
        Self { verdict, answer: verdict.to_string(), why, operations }
    }

    pub(super) fn to_json<'a>(&'a self, file: &'a str) -> Line<'a> {
        Line { file, answer: &self.answer, operations: self.operations, why: self.why.as_deref() }
    }
}

struct Registered<'a> {
    spec: Registers<Value, Value>,
    assembled: Assembled<Access<Value, Value>, RegisterRet<Value>>,
    entries: &'a [Entry],
    steps: u64,
    watch: &'a Watch,
}

/// A verdict, and why it is not true.
type Told = (Verdict, Option<String>);

/// Judges by one model, or finds the strongest that hold.
pub(super) fn judge(
    model: Option<WeakModel>,
    init: Option<&Value>,
    entries: &[Entry],
    steps: u64,
    watch: &Watch,
) -> Result<WeakReport, String> {
    let spec = Registers::new(init.cloned().unwrap_or_default());
    let assembled = assemble(&spec, entries, FailedCas::NotDone).map_err(|error| error.to_string())?;
    let operations = assembled.history.operations().len();
    let registered = Registered { spec, assembled, entries, steps, watch };
    let (verdict, answer, why) = if let Some(model) = model {
        let (verdict, why) = registered.judge(model)?;
        (verdict, verdict.to_string(), why)
    } else {
        let (verdict, answer) = registered.strongest()?;
        (verdict, answer, None)
    };
    Ok(WeakReport { verdict, answer, why, operations })
}

impl Registered<'_> {
    fn judge(&self, model: WeakModel) -> Result<Told, String> {
        let causal =
            |model| self.causal(|history| history.check_causal(model).err().map(|bad| bad.to_string()));
        match model {
            WeakModel::Linearizable => Ok(self.linearizable()),
            WeakModel::Sequential => self.sequential(),
            WeakModel::CausalMemory => causal(CausalModel::CausalMemory),
            WeakModel::CausalConvergent => causal(CausalModel::CausalConvergent),
            WeakModel::Causal => causal(CausalModel::Causal),
            WeakModel::Pram => causal(CausalModel::Pram),
            WeakModel::Sessions => self.causal(|history| {
                // The same as all four guarantees, and faster; which of them are broken is asked only if some are.
                history.check_causal(CausalModel::CausalMemory).err()?;
                let (broken, bad) = history.broken_guarantees()?;
                let names: Vec<_> = broken.iter().map(Guarantee::name).collect();
                Some(if broken == Guarantees::NONE {
                    bad.to_string()
                } else {
                    format!("not {}: {bad}", names.join(" and "))
                })
            }),
        }
    }

    fn linearizable(&self) -> Told {
        let mut search = Linearizer::new(&self.spec, &self.assembled.history, Options::default());
        let is_going = |verdict: &Judged<_, _>| *verdict == Judged::Unknown(Unknown::Steps);
        match self.watch.run(self.steps, |steps| search.run(steps), is_going) {
            Judged::Ok(_) => (Verdict::True, None),
            Judged::Violation(_) => (Verdict::False, self.staleness()),
            Judged::Unknown(_) => (Verdict::Unknown, None),
        }
    }

    /// How stale the reads are, if that can be told of these writes.
    fn staleness(&self) -> Option<String> {
        let found = measure_staleness(&self.spec, &self.assembled.history, self.steps).ok()?;
        Some(self.lines(&found.to_string()))
    }

    fn sequential(&self) -> Result<Told, String> {
        // Where each value is written once these are implied, and found to be wrong without a search.
        for model in [CausalModel::CausalMemory, CausalModel::CausalConvergent] {
            if let Ok(history) = RegisterHistory::new(&self.spec, &self.assembled.history) {
                if let Err(bad) = history.check_causal(model) {
                    return Ok((Verdict::False, Some(self.lines(&bad.to_string()))));
                }
            }
        }
        let options = Options::default();
        let search = Sequencer::new(&self.spec, &self.assembled.history, options);
        let mut search = search.map_err(|error| self.refused(error))?;
        let is_going = |verdict: &SequentialVerdict| *verdict == SequentialVerdict::Unknown(Unknown::Steps);
        Ok(match self.watch.run(self.steps, |steps| search.run(steps), is_going) {
            SequentialVerdict::Ok(_) => (Verdict::True, None),
            SequentialVerdict::Unknown(_) => (Verdict::Unknown, None),
            SequentialVerdict::Violation(stuck) => {
                let waiting: Vec<_> = stuck.waiting.iter().map(ToString::to_string).collect();
                let why = format!(
                    "no order of more than {} operations is legal; after them would come {}",
                    stuck.order.len(),
                    waiting.join(", ")
                );
                (Verdict::False, Some(self.lines(&why)))
            }
        })
    }

    fn causal(&self, violation: impl Fn(&RegisterHistory) -> Option<String>) -> Result<Told, String> {
        let history = RegisterHistory::new(&self.spec, &self.assembled.history);
        let why = violation(&history.map_err(|error| self.refused(error))?);
        let verdict = if why.is_none() { Verdict::True } else { Verdict::False };
        Ok((verdict, why.map(|why| self.lines(&why))))
    }

    /// The models that hold and that no stronger one implies. Causal memory and causal convergence do not imply each other,
    /// nor do causal consistency and PRAM.
    fn strongest(&self) -> Result<(Verdict, String), String> {
        let holds = |model| Ok::<_, String>(self.judge(model)?.0 == Verdict::True);
        let (memory, convergent) = (holds(WeakModel::CausalMemory)?, holds(WeakModel::CausalConvergent)?);
        if memory && convergent {
            for model in [WeakModel::Linearizable, WeakModel::Sequential] {
                match self.judge(model)?.0 {
                    Verdict::True => return Ok((Verdict::True, model.name().to_owned())),
                    Verdict::Unknown => return Ok((Verdict::Unknown, Verdict::Unknown.to_string())),
                    Verdict::False => {}
                }
            }
        }
        let held = [
            (WeakModel::CausalMemory, memory),
            (WeakModel::CausalConvergent, convergent),
            (WeakModel::Causal, !memory && !convergent && holds(WeakModel::Causal)?),
            (WeakModel::Pram, !memory && holds(WeakModel::Pram)?),
        ];
        let names: Vec<_> = held.iter().filter(|(_, held)| *held).map(|(model, _)| model.name()).collect();
        if names.is_empty() {
            return Ok((Verdict::False, "none".to_owned()));
        }
        Ok((Verdict::True, names.join(",")))
    }

    fn refused(&self, error: Unsuitable) -> String {
        self.lines(&error.to_string())
    }

    /// Operations by the lines on which they were invoked.
    fn lines(&self, text: &str) -> String {
        let mut parts = text.split('#');
        let mut told = vec![parts.next().unwrap_or_default().to_owned()];
        told.extend(parts.map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at(digits);
            let place = number.parse().ok().and_then(|at: usize| self.assembled.places.get(at));
            let entry = place.and_then(|(called, _)| self.entries.get(*called));
            entry.map_or_else(|| format!("#{part}"), |entry| format!("line {}{rest}", entry.line))
        }));
        told.concat()
    }
}
