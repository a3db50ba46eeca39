use core::{fmt, str::FromStr};

use thiserror::Error;

/// How small the world is: what there is of each thing, over a whole play. Text too: [`Display`](fmt::Display) prints
/// it, [`FromStr`] reads the same value back.
///
/// ```
/// use quorate_sim::explore::Scope;
///
/// let scope: Scope = "nodes 3, wakes 2, crashes 1".parse()?;
/// assert_eq!((scope.nodes, scope.wakes, scope.crashes), (3, 2, 1));
/// assert_eq!(scope.to_string().parse::<Scope>()?, scope);
/// assert_eq!("nodes 3, crash 1".parse::<Scope>().unwrap_err().to_string(),
///     "there is no `crash` in a scope, only nodes, commands, wakes, crashes, drops, duplicates, delays, seed, states");
/// # Ok::<(), quorate_sim::explore::ScopeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope {
    /// How many nodes: n1, n2, … At least one, at most 64.
    pub nodes: u8,
    /// How many commands clients submit, each at any node.
    pub commands: u8,
    /// How many deadlines pass. Wakes that a machine wants at once are not counted.
    pub wakes: u8,
    /// How many processes end, and start again from what their disk has kept.
    pub crashes: u8,
    /// How many messages are lost. One that never arrives need not be: see [`explore`](super::explore).
    pub drops: u8,
    /// How many messages arrive and stay in flight, to arrive again.
    pub duplicates: u8,
    /// How often a node is slow to do what it could do at once: wake when it wants to be woken at once, or hear from its
    /// disk. `None` is `any` in the text: nothing has to happen at once.
    pub delays: Option<u8>,
    /// What the subject's configuration and the machines' random numbers are drawn from.
    pub seed: u64,
    /// How many states to visit before giving up.
    pub states: u32,
}

impl Default for Scope {
    /// Three nodes, a command, two wakes, a crash and any delays, up to a million states.
    fn default() -> Self {
        Self {
            nodes: 3,
            commands: 1,
            wakes: 2,
            crashes: 1,
            drops: 0,
            duplicates: 0,
            delays: None,
            seed: 0,
            states: 1_000_000,
        }
    }
}

/// Without bound.
const ANY: &str = "any";

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { nodes, commands, wakes, crashes, drops, duplicates, delays, seed, states } = self;
        write!(f, "nodes {nodes}, commands {commands}, wakes {wakes}, crashes {crashes}, ")?;
        write!(f, "drops {drops}, duplicates {duplicates}, delays ")?;
        match delays {
            Some(delays) => write!(f, "{delays}")?,
            None => f.write_str(ANY)?,
        }
        write!(f, ", seed {seed}, states {states}")
    }
}

/// Why a text is not a scope. Nothing was read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A part is not a name and a number.
    #[error("expected a name and a number, as in `nodes 3`, found `{found}`")]
    Malformed {
        /// What stands there.
        found: String,
    },
    /// Nothing is called that.
    #[error(
        "there is no `{name}` in a scope, only nodes, commands, wakes, crashes, drops, duplicates, delays, seed, states"
    )]
    Unknown {
        /// The name.
        name: String,
    },
    /// The same name twice.
    #[error("`{name}` is given twice")]
    Twice {
        /// The name.
        name: String,
    },
    /// Neither a number nor `any`.
    #[error("`delays` is a number from 0 to 255 or any, not `{found}`")]
    Delays {
        /// What stands there.
        found: String,
    },
    /// A number that is none, or that is out of range.
    #[error("`{name}` is a number from {least} to {most}, not `{found}`")]
    Number {
        /// Whose.
        name: String,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
        /// What stands there.
        found: String,
    },
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Parts come in any order; what is left out is as in [`Scope::default`].
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        let mut scope = Self::default();
        let mut given = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let words: Vec<_> = part.split_whitespace().collect();
            let &[name, number] = words.as_slice() else {
                return Err(ScopeError::Malformed { found: part.to_owned() });
            };
            if given.contains(&name) {
                return Err(ScopeError::Twice { name: name.to_owned() });
            }
            scope.set(name, number)?;
            given.push(name);
        }
        Ok(scope)
    }
}

impl Scope {
    /// The most nodes there can be.
    pub const NODES_MAX: u8 = 64;

    fn set(&mut self, name: &str, number: &str) -> Result<(), ScopeError> {
        match name {
            "nodes" => self.nodes = read(name, number, 1, Self::NODES_MAX)?,
            "commands" => self.commands = read(name, number, 0, u8::MAX)?,
            "wakes" => self.wakes = read(name, number, 0, u8::MAX)?,
            "crashes" => self.crashes = read(name, number, 0, u8::MAX)?,
            "drops" => self.drops = read(name, number, 0, u8::MAX)?,
            "duplicates" => self.duplicates = read(name, number, 0, u8::MAX)?,
            "delays" if number == ANY => self.delays = None,
            "delays" => {
                let delays = read(name, number, 0, u8::MAX);
                self.delays = Some(delays.map_err(|_| ScopeError::Delays { found: number.to_owned() })?);
            }
            "seed" => self.seed = read(name, number, 0, u64::MAX)?,
            "states" => self.states = read(name, number, 1, u32::MAX)?,
            _ => return Err(ScopeError::Unknown { name: name.to_owned() }),
        }
        Ok(())
    }
}

fn read<T: FromStr + PartialOrd + Into<u64>>(
    name: &str,
    found: &str,
    least: T,
    most: T,
) -> Result<T, ScopeError> {
    match found.parse::<T>() {
        Ok(number) if least <= number && number <= most => Ok(number),
        Ok(_) | Err(_) => Err(ScopeError::Number {
            name: name.to_owned(),
            least: least.into(),
            most: most.into(),
            found: found.to_owned(),
        }),
    }
}
