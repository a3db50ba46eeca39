use core::fmt::{Display, Formatter, Result};

use super::{
    anomaly::Anomaly,
    history::{ListOp, RegisterOp},
    report::{Dependency, Evidence, Finding, Step},
};

impl<K: Display, V: Display> Display for ListOp<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Append(key, value) => write!(f, "append {key} {value}"),
            Self::Read(key, values) => {
                write!(f, "read {key} [")?;
                values.iter().enumerate().try_for_each(|(nth, value)| {
                    f.write_str(if nth == 0 { "" } else { " " })?;
                    write!(f, "{value}")
                })?;
                f.write_str("]")
            }
        }
    }
}

impl<K: Display, V: Display> Display for RegisterOp<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Write(key, value) => write!(f, "write {key} {value}"),
            Self::Read(key, Some(value)) => write!(f, "read {key} {value}"),
            Self::Read(key, None) => write!(f, "read {key} nil"),
        }
    }
}

impl<K: Display, V: Display> Display for Finding<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}", self.anomaly)?;
        match &self.evidence {
            Evidence::Read { reader, op, key, value, writer } => {
                write!(f, ": operation {op} of {reader} reads {key}, ")?;
                match (self.anomaly, value, writer) {
                    (Anomaly::G1a, Some(value), Some(writer)) => {
                        write!(f, "and sees {value} of {writer}, which aborted")
                    }
                    (Anomaly::G1b, Some(value), Some(writer)) => {
                        write!(f, "and sees {value} as the last of {writer}, which went on to write")
                    }
                    (Anomaly::FutureRead, Some(value), _) => {
                        write!(f, "and sees {value}, which {reader} writes only later")
                    }
                    (Anomaly::DuplicateElements, Some(value), _) => write!(f, "and sees {value} twice"),
                    (_, Some(value), _) => write!(f, "and sees {value}, which nobody wrote"),
                    (_, None, _) => f.write_str("and what it sees does not follow from what it did before"),
                }
            }
            Evidence::Reads { key, one, other } => write!(
                f,
                ": operation {} of {} and operation {} of {} read {key} in orders of which neither begins the other",
                one.1, one.0, other.1, other.0
            ),
            Evidence::Appends { txn, key, one, other } => {
                write!(
                    f,
                    ": {txn} appends {one} and then {other} to {key}, but {other} is read without {one} before it"
                )
            }
            Evidence::Updates { key, one, other } if self.anomaly == Anomaly::DirtyUpdate => {
                write!(f, ": {other} builds on a version of {key} by {one}, which aborted")
            }
            Evidence::Updates { key, one, other } => {
                write!(f, ": {one} and {other} both write to the version of {key} that both read")
            }
            Evidence::Versions { key, versions } => {
                write!(f, ": the versions of {key} would come one before the other:")?;
                versions.iter().chain(versions.first()).enumerate().try_for_each(|(nth, version)| {
                    f.write_str(if nth == 0 { " " } else { ", " })?;
                    match version {
                        Some(value) => write!(f, "{value}"),
                        None => f.write_str("the initial one"),
                    }
                })
            }
            Evidence::Cycle(steps) => steps.iter().try_for_each(|step| write!(f, "\n  {step}")),
        }
    }
}

impl<K: Display, V: Display> Display for Step<K, V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Self { from, to, why } = self;
        write!(f, "{from} comes before {to}, since ")?;
        match why {
            Dependency::Ww { key, before, after } => {
                write!(f, "{to} wrote {after} to {key} after {from} had written {before} (ww)")
            }
            Dependency::Wr { key, value } => {
                write!(f, "{to} saw in {key} the {value} that {from} wrote (wr)")
            }
            Dependency::Rw { key, value } => {
                write!(f, "{from} did not see in {key} the {value} that {to} wrote (rw)")
            }
            Dependency::Process => f.write_str("their process ran it first (process)"),
            Dependency::Realtime => write!(f, "it had ended when {to} was invoked (realtime)"),
        }
    }
}
