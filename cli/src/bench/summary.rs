use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use super::{Options, Tally};
use crate::terminal::{count, span};

/// What was measured. Spans are in microseconds.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    clients: u64,
    pipeline: u64,
    value_bytes: u64,
    write_percent: u64,
    seconds: f64,
    operations: u64,
    operations_per_second: f64,
    p50_us: u128,
    p90_us: u128,
    p99_us: u128,
    p999_us: u128,
    max_us: u128,
    errors: BTreeMap<String, u64>,
    longest_gap_us: u128,
}

impl Summary {
    pub(super) fn new(options: &Options, tally: &Tally, took: Duration) -> Self {
        let micros = |percent| tally.percentile(percent).as_micros();
        Self {
            clients: options.connections,
            pipeline: options.pipeline,
            value_bytes: options.value_bytes,
            write_percent: options.write_percent,
            seconds: took.as_secs_f64(),
            operations: tally.done(),
            operations_per_second: per_second(tally.done(), took),
            p50_us: micros(50.0),
            p90_us: micros(90.0),
            p99_us: micros(99.0),
            p999_us: micros(99.9),
            max_us: tally.slowest().as_micros(),
            errors: tally.errors().clone(),
            longest_gap_us: tally.longest_gap().as_micros(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits or so")]
fn per_second(operations: u64, took: Duration) -> f64 {
    operations as f64 / took.as_secs_f64().max(1e-9)
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients, pipeline, value_bytes, write_percent, seconds, .. } = self;
        let micros = |micros: u128| span(Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX)));
        write!(f, "{clients} clients")?;
        if *pipeline > 1 {
            write!(f, " with {pipeline} requests at once")?;
        }
        writeln!(f, ", {write_percent} % writes, values of {value_bytes} bytes, {seconds:.1} s")?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "shown as a whole number"
        )]
        let rate = count(self.operations_per_second as u64);
        writeln!(f, "throughput   {rate} op/s ({} operations)", count(self.operations))?;
        writeln!(
            f,
            "latency      p50 {}  p90 {}  p99 {}  p99.9 {}  max {}",
            micros(self.p50_us),
            micros(self.p90_us),
            micros(self.p99_us),
            micros(self.p999_us),
            micros(self.max_us)
        )?;
        writeln!(f, "longest gap  {} without a success", micros(self.longest_gap_us))?;
        write!(f, "errors       {}", count(self.errors.values().sum()))?;
        for (text, times) in &self.errors {
            write!(f, "\n  {:>8} × {text}", count(*times))?;
        }
        Ok(())
    }
}
