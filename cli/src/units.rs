//! Sizes and spans as people write them.

use std::time::Duration;

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

/// `1=127.0.0.1:7101`: a node's number and an address.
pub(crate) fn numbered<T>(text: &str) -> Result<(u64, T), String>
where
    T: std::str::FromStr,
{
    let (number, address) =
        text.split_once('=').ok_or("write NODE=ADDRESS, as in 1=127.0.0.1:7101".to_owned())?;
    let number = number.parse().map_err(|_| format!("{number:?} is no node number"))?;
    let address = address.parse().map_err(|_| format!("{address:?} is no address like 127.0.0.1:7101"))?;
    Ok((number, address))
}

fn split(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use std::{net::SocketAddr, time::Duration};

    use super::{bytes, numbered, span};

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
        assert_eq!(numbered::<SocketAddr>("2=127.0.0.1:7102"), Ok((2, ([127, 0, 0, 1], 7102).into())));
        for wrong in ["127.0.0.1:7101", "a=127.0.0.1:7101", "1=localhost", "1="] {
            assert!(numbered::<SocketAddr>(wrong).is_err(), "{wrong}");
        }
    }
}
