//! Peers over TCP. Every node dials every other and sends on that connection; on the ones it accepted it receives.
//! A connection begins with a handshake; what follows are frames, each one message.

mod address;
mod handshake;
mod incoming;
mod outgoing;
mod queue;

pub(crate) use self::address::require_loopback;
pub use self::address::{AddressError, Listener};
pub(crate) use self::{
    handshake::Introduction,
    incoming::{Arrival, Incoming, accept},
    outgoing::{Backoff, Outgoing},
    queue::{Queued, SendQueue},
};
