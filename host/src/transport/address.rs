use std::{
    io,
    net::{SocketAddr, TcpListener},
};

/// Why an address cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// Only loopback addresses may be bound or dialled.
    #[error(
        "{address} is not a loopback address: traffic is neither authenticated nor encrypted yet, \
         so whoever can reach the port could read and change everything"
    )]
    NotLoopback {
        /// The address.
        address: SocketAddr,
    },
    /// The address cannot be bound, for instance because it is in use.
    #[error("{address} cannot be listened on: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// A bound loopback socket that accepts connections.
#[derive(Debug)]
pub struct Listener {
    socket: TcpListener,
    address: SocketAddr,
}

impl Listener {
    /// Binds a loopback address; with port 0 the system chooses one. No runtime is needed yet.
    ///
    /// # Errors
    /// [`AddressError`]
    pub fn bind(address: SocketAddr) -> Result<Self, AddressError> {
        require_loopback(address)?;
        let failed = |source| AddressError::Bind { address, source };
        let socket = TcpListener::bind(address).map_err(failed)?;
        let address = socket.local_addr().map_err(failed)?;
        Ok(Self { socket, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The socket for the current runtime.
    ///
    /// # Errors
    /// When the runtime cannot take it.
    ///
    /// # Panics
    /// Outside a tokio runtime with network.
    pub fn into_tokio(self) -> io::Result<tokio::net::TcpListener> {
        self.socket.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(self.socket)
    }
}

pub(crate) fn require_loopback(address: SocketAddr) -> Result<(), AddressError> {
    if !address.ip().is_loopback() {
        return Err(AddressError::NotLoopback { address });
    }
    Ok(())
}
