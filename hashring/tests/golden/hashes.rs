//! Hashes of keys and tokens of nodes.

use std::collections::BTreeMap;

use quorate_hashring::Hashing;

use crate::files;

/// One of each kind, some under two keys.
pub(crate) const ALL: &[Hashing] = &[
    Hashing::Sip13 { key: [0, 0] },
    Hashing::Sip13 { key: [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908] },
    Hashing::Sip24 { key: [0, 0] },
    Hashing::Sip24 { key: [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908] },
    Hashing::Md5,
    Hashing::OneAtATime,
    Hashing::Fnv1a64,
    Hashing::Xxh64 { seed: 0 },
    Hashing::Xxh64 { seed: 1 },
    Hashing::Murmur2 { seed: 0xc70f_6907 },
    Hashing::RedisSlot,
];

/// Short, long, not ASCII, and every length around what the hashes take at a time.
fn keys() -> Vec<Vec<u8>> {
    let mut keys: Vec<Vec<u8>> = ["", "a", "foo", "{user1000}.following", "naïve", "\u{0}"]
        .iter()
        .map(|k| k.as_bytes().to_vec())
        .collect();
    keys.extend(
        [7, 8, 9, 15, 16, 31, 32, 33, 64, 100_u8].map(|n| (0..n).map(|byte| byte.wrapping_mul(37)).collect()),
    );
    keys
}

/// The text of the golden file: for each hashing the hashes of keys, then the tokens of nodes.
fn text() -> String {
    let mut lines = vec![];
    for hashing in ALL {
        lines.push(format!("{} {hashing:?}", hashing.id()));
        for key in keys() {
            lines.push(format!("  key \"{}\" {:016x}", key.escape_ascii(), hashing.key(&key).get()));
        }
        for name in ["", "a", "10.0.1.1:11211", "größer"] {
            let tokens = [0, 1, 2, 3, 4, 159, u32::MAX].map(|i| format!("{:016x}", hashing.token(name, i)));
            lines.push(format!("  tokens of {name:?} {}", tokens.join(" ")));
        }
    }
    lines.join("\n") + "\n"
}

pub(crate) fn every_hashing_is_as_it_was_written_down() -> Result<String, String> {
    files::is_as_written("hashes.txt", &text())
}

/// Values that others publish, or that follow from their definitions.
pub(crate) fn hashes_are_those_of_others() -> Result<String, String> {
    const REFERENCE: [u64; 2] = [0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908];
    let fifteen: Vec<u8> = (0..15).collect();
    let (sip13, sip24) = (Hashing::Sip13 { key: REFERENCE }, Hashing::Sip24 { key: REFERENCE });
    let upper = |hash: u64| hash << 32;
    let slot = |slot: u64| slot << 50;
    let cases: &[(Hashing, &[u8], u64)] = &[
        (sip24, &fifteen, 0xa129_ca61_49be_45e5),
        (sip24, b"", 0x726f_db47_dd0e_0e31),
        (sip13, &fifteen, 0xd320_d86d_2a51_9956),
        (sip13, b"", 0xabac_0158_050f_c4dc),
        (Hashing::OneAtATime, b"apple", upper(2_297_466_611)),
        (Hashing::OneAtATime, b"a", upper(0xca2e_9442)),
        (Hashing::Md5, b"", upper(0xd98c_1dd4)),
        (Hashing::Fnv1a64, b"", upper(0x8422_2325)),
        (Hashing::Fnv1a64, b"foobar", upper(0xf739_67e8)),
        (Hashing::Xxh64 { seed: 0 }, b"", 0xef46_db37_51d8_e999),
        (Hashing::Xxh64 { seed: 0 }, b"abc", 0x44bc_2cf5_ad77_0999),
        (Hashing::RedisSlot, b"123456789", slot(12739)),
        (Hashing::RedisSlot, b"hello", slot(866)),
        (Hashing::RedisSlot, b"06S", slot(0)),
        (Hashing::RedisSlot, b"Qi", slot(1)),
        (Hashing::RedisSlot, b"5L5", slot(2)),
        (Hashing::RedisSlot, b"6xN", slot(8191)),
        (Hashing::RedisSlot, b"6ZJ", slot(16383)),
    ];
    for &(hashing, key, expected) in cases {
        let found = hashing.key(key).get();
        if found != expected {
            return Err(format!("{} of {key:?} is {found:016x}, not {expected:016x}", hashing.id()));
        }
    }
    Ok(format!("{} published hashes", cases.len()))
}

/// The tokens of Envoy's own tests of its ring.
pub(crate) fn tokens_are_those_of_envoy() -> Result<String, String> {
    let first_and_last = |hashing: Hashing, ports: std::ops::Range<u32>| {
        let mut tokens: Vec<(u64, u32)> = ports
            .flat_map(|port| [0, 1].map(|number| (hashing.token(&format!("127.0.0.1:{port}"), number), port)))
            .collect();
        tokens.sort_unstable();
        tokens.first().copied().zip(tokens.last().copied())
    };
    let xxh64 = first_and_last(Hashing::Xxh64 { seed: 0 }, 90..96);
    let murmur2 = first_and_last(Hashing::Murmur2 { seed: 0xc70f_6907 }, 80..86);
    if xxh64 != Some(((833_437_586_790_550_860, 94), (16_117_243_373_044_804_889, 90)))
        || murmur2 != Some(((1_358_027_074_129_602_068, 85), (17_613_279_263_364_193_813, 80)))
    {
        return Err(format!("{xxh64:?}, {murmur2:?}"));
    }
    Ok("first and last tokens of two rings of six hosts".into())
}

pub(crate) fn tags_are_what_stands_in_braces() -> Result<String, String> {
    let cases = [
        ("", 0),
        ("123456789", 12739),
        ("foo", 12182),
        ("bar", 5061),
        ("{user1000}.following", 3443),
        ("{user1000}.followers", 3443),
        ("user1000", 3443),
        ("foo{}{bar}", 8363),
        ("foo{{bar}}zap", 4015),
        ("{bar", 4015),
        ("foo{bar}{zap}", 5061),
        ("{}", 15257),
        ("a{}b", 13694),
        ("}{", 12793),
    ];
    for (key, slot) in cases {
        let found = Hashing::RedisSlot.key(key.as_bytes()).scaled(16384);
        if found != slot {
            return Err(format!("{key:?} is in slot {found}, not {slot}"));
        }
    }
    Ok(format!("{} keys with and without tags", cases.len()))
}

/// A peer's ambiguous names: `("node1", 1)` and `("node", 11)` were one token.
pub(crate) fn names_and_numbers_of_tokens_do_not_run_together() -> Result<String, String> {
    let mut seen = BTreeMap::new();
    for (which, hashing) in ALL.iter().enumerate().take(4) {
        for name in ["", "n", "n1", "n11", "n111", "1", "11", "111", "\u{1}", "\u{1}\u{0}"] {
            for number in (0..200).chain([256, 1111, 65536]) {
                let token = hashing.token(name, number);
                if let Some(other) = seen.insert((which, token), (name, number)) {
                    return Err(format!("{other:?} and {:?} have the token {token:016x}", (name, number)));
                }
            }
        }
    }
    Ok(format!("{} tokens, all of their own", seen.len()))
}
