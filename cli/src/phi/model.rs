//! Models, as they are asked for.

use std::{fmt::Display, time::Duration};

use clap::{Args, ValueEnum};
use quorate_phi_detector::{
    Threshold,
    memory::{Decay, Memory, Window},
    model::{
        AnyModel, Chen, Exponential, Normal, Tail, Timeout,
        compatible::{Akka, Cassandra, Chitchat},
    },
};

use crate::{problem::Problem, units};

/// The models that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Name {
    /// Intervals are normally distributed, as in the paper on φ accrual
    Normal,
    /// The same with a memory that decays instead of a window
    Decay,
    /// Usual intervals are normal, outliers and runs of losses have tails of their own
    Tail,
    /// Intervals are exponentially distributed
    Exponential,
    /// Heartbeats are numbered and sent at a fixed interval; φ counts margins beyond when the last ones say that one comes
    Chen,
    /// The same by the last heartbeat alone, where that says later
    TwoWindows,
    /// φ counts timeouts
    Timeout,
    /// As Akka's clusters are configured; only --levels counts
    Akka,
    /// As Cassandra is configured; only --levels counts
    Cassandra,
    /// As chitchat is configured; only --levels counts
    Chitchat,
}

impl Name {
    pub(super) fn text(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
}

/// The parameters of all models.
#[derive(Clone, Debug, Args)]
pub(super) struct Parameters {
    /// How many intervals are remembered
    #[arg(long, value_name = "N", default_value_t = 1000)]
    window: u16,
    /// What is expected before the first interval; for chen, how often heartbeats are sent
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = units::span)]
    interval: Duration,
    /// How much later than it should a heartbeat may come before it is late at all, in normal models
    #[arg(long, value_name = "SPAN", default_value = "0ms", value_parser = units::span)]
    pause: Duration,
    /// The least standard deviation that is believed
    #[arg(long, value_name = "SPAN", default_value = "10ms", value_parser = units::span)]
    min_deviation: Duration,
    /// Longer intervals are not learned
    #[arg(long, value_name = "SPAN", default_value = "60s", value_parser = units::span)]
    longest: Duration,
    /// How much later than expected a heartbeat is for each φ, in chen and two-windows
    #[arg(long, value_name = "SPAN", default_value = "100ms", value_parser = units::span)]
    margin: Duration,
    /// The silence that is one φ, in timeout
    #[arg(long, value_name = "SPAN", default_value = "1s", value_parser = units::span)]
    timeout: Duration,
}

impl Parameters {
    /// How far heartbeats are apart.
    pub(super) const fn interval(&self) -> Duration {
        self.interval
    }

    pub(super) fn build(&self, name: Name) -> Result<AnyModel, Problem> {
        let window = || Window::new(self.window, self.longest).map_err(Problem::new);
        let decay = || Decay::new(self.window, self.longest).map_err(Problem::new);
        Ok(match name {
            Name::Normal => self.normal(window()?)?.into(),
            Name::Decay => self.normal(decay()?)?.into(),
            Name::Tail => {
                Tail::new(window()?, self.min_deviation, self.interval).map_err(Problem::new)?.into()
            }
            Name::Exponential => Exponential::new(window()?, self.interval).map_err(Problem::new)?.into(),
            Name::Chen => self.chen()?.into(),
            Name::TwoWindows => self.chen()?.two_windows().into(),
            Name::Timeout => Timeout::new(self.timeout).map_err(Problem::new)?.into(),
            Name::Akka => Akka::default().model().map_err(Problem::new)?.into(),
            Name::Cassandra => Cassandra::default().model().map_err(Problem::new)?.into(),
            Name::Chitchat => Chitchat::default().model().map_err(Problem::new)?.into(),
        })
    }

    fn normal<H: Memory>(&self, memory: H) -> Result<Normal<H>, Problem> {
        let model = Normal::new(memory, self.min_deviation, self.interval).map_err(Problem::new)?;
        model.with_pause(self.pause).map_err(Problem::new)
    }

    fn chen(&self) -> Result<Chen, Problem> {
        Chen::new(self.window, self.interval, self.margin).map_err(Problem::new)
    }
}

/// `1,3,8`: values of φ, which must rise.
#[derive(Clone, Debug)]
pub(super) struct Levels(pub(super) Vec<Threshold>);

pub(super) fn levels(text: &str) -> Result<Levels, String> {
    let number = |word: &str| word.trim().parse::<f64>().map_err(|_| format!("{word:?} is no φ"));
    let told = |error: &dyn Display| error.to_string();
    let threshold = |word| Threshold::new(number(word)?).map_err(|error| told(&error));
    let levels: Vec<_> = text.split(',').map(threshold).collect::<Result<_, _>>()?;
    if levels.windows(2).any(|pair| pair[0].phi() >= pair[1].phi()) {
        return Err("write levels as 1,3,8: each greater than the one before".to_owned());
    }
    Ok(Levels(levels))
}

#[cfg(test)]
mod tests {
    use quorate_phi_detector::Threshold;

    use super::levels;

    #[test]
    fn levels_rise() {
        let phis = |text| levels(text).map(|levels| levels.0.iter().map(Threshold::phi).collect::<Vec<_>>());
        assert_eq!(phis("0.5, 1,8"), Ok(vec![0.5, 1.0, 8.0]));
        for wrong in ["", "1,", "3,1", "1,1", "0", "-1", "NaN", "inf", "1e9", "one"] {
            assert!(phis(wrong).is_err(), "{wrong}");
        }
    }
}
