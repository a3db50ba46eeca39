use thiserror::Error;

/// How much clients may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many clients are connected at once; further ones are told so and closed.
    pub connections_max: usize,
    /// How long a command is, in bytes of its words with a fixed charge each. At most what fits into one log entry.
    pub command_bytes_max: usize,
    /// How many commands of one connection are carried out together.
    pub pipeline_commands_max: usize,
    /// How many bytes of commands of one connection are carried out together, beyond the first command.
    pub pipeline_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            command_bytes_max: 1_000_000,
            pipeline_commands_max: 1_024,
            pipeline_bytes_max: 256 << 10,
        }
    }
}

/// Why limits cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// A limit of zero would let nothing happen.
    #[error("{field} is zero")]
    Zero {
        /// Which one.
        field: &'static str,
    },
    /// A command must fit into one log entry.
    #[error("commands of {command_bytes_max} bytes do not fit into log entries with room for {room}")]
    CommandTooLarge {
        /// The longest command.
        command_bytes_max: usize,
        /// The room in an entry.
        room: usize,
    },
}

impl Limits {
    /// Checks that the limits fit together, and into the log.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn validate(&self, core: &crate::core::Config) -> Result<(), LimitsError> {
        let counts = [
            ("connections_max", self.connections_max),
            ("command_bytes_max", self.command_bytes_max),
            ("pipeline_commands_max", self.pipeline_commands_max),
        ];
        if let Some((field, _)) = counts.into_iter().find(|(_, count)| *count == 0) {
            return Err(LimitsError::Zero { field });
        }
        let (command_bytes_max, room) = (self.command_bytes_max, core.batch_bytes_max());
        if command_bytes_max > room {
            return Err(LimitsError::CommandTooLarge { command_bytes_max, room });
        }
        Ok(())
    }
}
