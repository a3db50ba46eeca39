use core::fmt::Write as _;

use bytes::Bytes;
use thiserror::Error;

/// Why a command cannot be carried out. Nothing was done; what it displays is the error line that Redis gives.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// There is no such command.
    #[error("ERR unknown command '{name}', with args beginning with: {arguments}")]
    Unknown {
        /// The beginning of its name.
        name: String,
        /// The beginning of its arguments, each in quotes.
        arguments: String,
    },
    /// The command has no such subcommand.
    #[error("ERR unknown subcommand '{name}'. Try {command} HELP.")]
    UnknownSubcommand {
        /// The command.
        command: &'static str,
        /// The beginning of the subcommand's name.
        name: String,
    },
    /// Too few or too many arguments.
    #[error("ERR wrong number of arguments for '{command}' command")]
    Arity {
        /// The command.
        command: &'static str,
    },
    /// Arguments that do not fit together.
    #[error("ERR syntax error")]
    Syntax,
    /// Not a signed 64-bit integer.
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    /// The smallest integer has no opposite.
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    /// A span or an instant that cannot be.
    #[error("ERR invalid expire time in '{command}' command")]
    InvalidExpireTime {
        /// The command.
        command: &'static str,
    },
    /// EXPIRE's conditions on the presence of an end exclude each other.
    #[error("ERR NX and XX, GT or LT options at the same time are not compatible")]
    ExpirePresence,
    /// EXPIRE's conditions on the direction exclude each other.
    #[error("ERR GT and LT options at the same time are not compatible")]
    ExpireDirection,
    /// EXPIRE knows no such option.
    #[error("ERR Unsupported option {option}")]
    UnsupportedOption {
        /// The option.
        option: String,
    },
    /// Not a cursor.
    #[error("ERR invalid cursor")]
    InvalidCursor,
    /// There is database 0 and no other.
    #[error("ERR DB index is out of range")]
    NoSuchDatabase,
    /// RESP has the versions 2 and 3.
    #[error("NOPROTO unsupported protocol version")]
    UnsupportedProtocol,
    /// Not a protocol version.
    #[error("ERR Protocol version is not an integer or out of range")]
    ProtocolNotAnInteger,
    /// HELLO knows no such option.
    #[error("ERR Syntax error in HELLO option '{option}'")]
    HelloOption {
        /// The option.
        option: String,
    },
    /// A client's name shows in lists, one word each.
    #[error("ERR Client names cannot contain spaces, newlines or special characters.")]
    ClientName,
    /// CLIENT SETINFO knows no such attribute.
    #[error("ERR Unrecognized option '{option}'")]
    ClientInfo {
        /// The attribute.
        option: String,
    },
}

/// How much of an unknown name, and of its arguments, is shown.
const SHOWN_BYTES_MAX: usize = 128;

pub(super) fn unknown_command(name: &Bytes, rest: &[Bytes]) -> CommandError {
    let mut arguments = String::new();
    for argument in rest {
        if arguments.len() >= SHOWN_BYTES_MAX {
            break;
        }
        let room = SHOWN_BYTES_MAX - arguments.len();
        // Writing to a string cannot fail.
        let _ = write!(arguments, "'{}' ", shown(argument, room));
    }
    CommandError::Unknown { name: shown(name, SHOWN_BYTES_MAX), arguments }
}

/// The beginning of what a client sent, fit for an error line.
pub(super) fn shown(text: &[u8], bytes_max: usize) -> String {
    let text = &text[..text.len().min(bytes_max)];
    String::from_utf8_lossy(text).replace(['\r', '\n'], " ")
}
