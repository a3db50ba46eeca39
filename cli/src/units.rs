//! Sizes and spans as people write them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

/// `4096`, `64K`, `1MiB`, `2G`: bytes, in powers of 1024.
pub(crate) fn bytes(text: &str) -> Result<u64, String> {
    let (number, unit) = split(text);
    let shift = match unit.to_ascii_lowercase().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return Err(format!("{unit:?} is no unit of bytes; there are K, M and G")),
    };
    let number: u64 = number.parse().map_err(|_| "write a size as 4096, 64K, 1M or 2G".to_owned())?;
    number.checked_mul(1 << shift).ok_or_else(|| "that is more than there are bytes".to_owned())
}

/// `250ms`, `2s`, `1m`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "" => return Err("a span needs a unit: 250ms, 2s or 1m".to_owned()),
        _ => return Err(format!("{unit:?} is no unit of time; there are ms, s and m")),
    };
    let number: u64 = number.parse().map_err(|_| "write a span as 250ms, 2s or 1m".to_owned())?;
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(|| "that is too long".to_owned())
}

/// `127.0.0.1:7001`, `localhost:7001`, or the port alone.
pub(crate) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    match port.parse() {
        Ok(port) => Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        Err(_) => {
            text.parse().map_err(|_| "write an address as 127.0.0.1:7001, or the port alone".to_owned())
        }
    }
}

/// `1=127.0.0.1:7101`: a node's number and its address.
pub(crate) fn numbered(text: &str) -> Result<(u64, SocketAddr), String> {
    let Some((number, node)) = text.split_once('=') else {
        return Err("write the node's number before its address, as in 1=127.0.0.1:7101".to_owned());
    };
    let number = number.parse().map_err(|_| format!("{number:?} is no node number"))?;
    Ok((number, address(node)?))
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{address, bytes, numbered, span};

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(bytes("4096"), Ok(4096));
        assert_eq!(bytes("64K"), Ok(64 << 10));
        assert_eq!(bytes("1MiB"), Ok(1 << 20));
        assert_eq!(bytes("2gb"), Ok(2 << 30));
        for wrong in ["", "K", "1T", "-1", "99999999999999999999", "99999999999G"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn spans_need_units() {
        assert_eq!(span("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(span("1m"), Ok(Duration::from_secs(60)));
        for wrong in ["", "5", "s", "1h", "18446744073709551615m"] {
            assert!(span(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn peers_are_numbered() {
        assert_eq!(numbered("2=127.0.0.1:7102"), Ok((2, ([127, 0, 0, 1], 7102).into())));
        for wrong in ["127.0.0.1:7101", "a=127.0.0.1:7101", "1=localhost", "1="] {
            assert!(numbered(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_may_be_short() {
        for written in ["7001", "localhost:7001", "127.0.0.1:7001"] {
            assert_eq!(address(written), Ok(([127, 0, 0, 1], 7001).into()), "{written}");
        }
        for wrong in ["", "70000", "example.org:7001", "127.0.0.1"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
