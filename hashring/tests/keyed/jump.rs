//! The two functions that number buckets, and their tables.

use std::{fs, path::Path};

use quorate_hashring::{
    AddReason, Hashing, Jump, JumpBack, KeyHash, Node, NodeIx, Place, Weight, jump, jump_back,
};
use quorate_machine::Rng;

use super::compared::equal;

type Function = fn(KeyHash, u32) -> Option<u32>;

/// The two, by name.
const FUNCTIONS: [(&str, Function); 2] = [("jump", jump), ("jump back", jump_back)];

/// All values that running the reference implementations gave: 9 keys in 15 counts of buckets, for each of the two.
pub(crate) fn jump_and_jump_back_agree_with_the_reference_implementations() -> Result<String, String> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hashring/jump_jumpback_fliphash.txt");
    let Ok(text) = fs::read_to_string(file) else {
        return Ok("skipped: the vectors are not there".to_owned());
    };
    let (mut counts, mut function): (Vec<u32>, _) = (Vec::new(), None);
    let mut compared = 0;
    for line in text.lines() {
        if let Some((_, list)) = line.split_once("for n = ") {
            counts = list.split(' ').filter_map(|count| count.parse().ok()).collect();
        } else if line.starts_with('#') {
            let of = |name| line.contains(name);
            function = if of("jumpback") { Some(jump_back as Function) } else { of("jump").then_some(jump) };
        } else if let Some(function) = function {
            let mut fields = line.split(' ');
            let key = fields.next().and_then(|key| u64::from_str_radix(key, 16).ok()).ok_or("a key")?;
            for (&buckets, value) in counts.iter().zip(fields) {
                let got = function(KeyHash::new(key), buckets);
                equal(|| format!("{key:x} in {buckets}"), got, value.parse().ok())?;
                compared += 1;
            }
        }
    }
    equal(|| "values in the file".to_owned(), compared, 270)?;
    Ok(format!("{compared} values agree"))
}

/// Values from tests of other implementations of the paper, and those that tell it from the implementations that round once.
pub(crate) fn jump_agrees_with_what_others_publish() -> Result<String, String> {
    const FIRST_TWENTY: [u32; 20] =
        [0, 55, 62, 8, 45, 59, 86, 97, 82, 59, 73, 37, 17, 56, 86, 21, 90, 37, 38, 83];
    const SINGLE: &[(u64, u32, u32)] = &[
        (10_863_919_174_838_991, 11, 6),
        (2_016_238_256_797_177_309, 11, 3),
        (1_673_758_223_894_951_030, 11, 5),
        (2, 100_001, 80_343),
        (2201, 100_001, 22_152),
        (2202, 100_001, 15_018),
        (256, 1024, 520),
        (42, 57, 43),
        (0xdead_10cc, 666, 361),
        // Rounded once they are one more.
        (18_000_615_111_204_317_583, 100_000_000, 47_159_368),
        (10_560_583_522_357_363_147, 2_147_483_647, 446_314_177),
        // Its generator wraps around.
        (2_313_046_976_756_913_067, 10, 0),
    ];
    /// Of the counts of buckets from 1 to 19 in a row: how many have which value.
    const RUNS: &[(u64, &[(u32, usize)])] = &[
        (0, &[(0, 19)]),
        (1, &[(0, 6), (6, 11), (17, 2)]),
        (0xdead_beef, &[(0, 1), (1, 1), (2, 1), (3, 2), (5, 11), (16, 3)]),
        (0x0ddc_0ffe_ebad_f00d, &[(0, 1), (1, 1), (2, 13), (15, 4)]),
    ];
    for (key, value) in (0..).zip(FIRST_TWENTY) {
        equal(|| format!("{key} in 100"), jump(KeyHash::new(key), 100), Some(value))?;
    }
    for &(key, buckets, value) in SINGLE {
        equal(|| format!("{key} in {buckets}"), jump(KeyHash::new(key), buckets), Some(value))?;
    }
    for &(key, runs) in RUNS {
        let values: Vec<_> = runs.iter().flat_map(|&(value, times)| vec![Some(value); times]).collect();
        let got: Vec<_> = (1..20).map(|buckets| jump(KeyHash::new(key), buckets)).collect();
        equal(|| format!("{key} in 1 to 19"), got, values)?;
    }
    Ok(format!("{} values agree", 20 + SINGLE.len() + 19 * RUNS.len()))
}

/// The paper's loop as it stands: octaves from the highest down, each with its own tries.
fn loop_of_the_paper(key: u64, buckets: u32) -> u32 {
    let mut state = key;
    let mut draw = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        // The mixer is the one of hashes.
        KeyHash::mixed(state).get()
    };
    let low = |word: u64| u32::try_from(word & 0xffff_ffff).unwrap_or(0);
    if buckets <= 1 {
        return 0;
    }
    let first = draw();
    let mut octaves = low(first ^ first >> 32) & u32::MAX >> (buckets - 1).leading_zeros();
    while octaves != 0 {
        let octave = 1 << octaves.ilog2();
        let twice = octave | (octave - 1);
        let mut bucket = octave + (low(first >> (octaves.count_ones() % 2 * 32)) & (octave - 1));
        loop {
            if bucket < buckets {
                return bucket;
            }
            let next = draw();
            bucket = low(next) & twice;
            if bucket < octave {
                break;
            }
            if bucket < buckets {
                return bucket;
            }
            bucket = low(next >> 32) & twice;
            if bucket < octave {
                break;
            }
        }
        octaves ^= octave;
    }
    0
}

/// Without its loops the function comes to what the loops come to: for every small count of buckets, and around every power of two.
pub(crate) fn jump_back_is_the_loop_of_the_paper() -> Result<String, String> {
    let mut rng = Rng::new(1);
    let around = (2..32).flat_map(|power| [(1_u32 << power) - 1, 1 << power, (1 << power) + 1]);
    let counts: Vec<u32> = (1..300).chain(around).chain([u32::MAX]).collect();
    for &buckets in &counts {
        for _ in 0..500 {
            let key = rng.draw();
            let got = jump_back(KeyHash::new(key), buckets);
            equal(|| format!("{key:x} in {buckets}"), got, Some(loop_of_the_paper(key, buckets)))?;
        }
    }
    Ok(format!("{} values agree", counts.len() * 500))
}

/// What "consistent" means, without an exception; whatever the keys, and for the hashes at the edges, too.
pub(crate) fn one_bucket_more_takes_keys_and_moves_no_others() -> Result<String, String> {
    let mut rng = Rng::new(2);
    let edges = [0, 1, u64::MAX, i64::MAX.unsigned_abs(), i64::MIN.unsigned_abs()];
    let keys: Vec<_> = edges.into_iter().chain((0..1_000).map(|_| rng.draw())).map(KeyHash::new).collect();
    let mut moved = 0;
    for (name, function) in FUNCTIONS {
        for &key in &keys {
            equal(|| format!("{name} in none"), function(key, 0), None)?;
            let mut before = Some(0);
            for buckets in 1..300 {
                let now = function(key, buckets);
                if now != before && now != Some(buckets - 1) {
                    return Err(format!("{name}: {key:?} goes from {before:?} to {now:?} of {buckets}"));
                }
                moved += u32::from(now != before);
                before = now;
            }
            for buckets in [1 << 31, u32::MAX] {
                let bucket = function(key, buckets);
                equal(
                    || format!("{name} in {buckets}"),
                    bucket.is_some_and(|bucket| bucket < buckets),
                    true,
                )?;
            }
        }
    }
    Ok(format!("{} keys: {moved} moves, each to the bucket that had come", 2 * keys.len()))
}

/// The tables are the functions; what cannot come does not, and says why.
pub(crate) fn nodes_come_and_go_at_the_end_only() -> Result<String, String> {
    let (mut jumps, mut backs) = (Jump::new(Hashing::default()), JumpBack::new(Hashing::default()));
    let keys: Vec<_> = (0..200).map(KeyHash::mixed).collect();
    equal(|| "no nodes".to_owned(), (jumps.owner(b"key"), backs.owner(b"key")), (None, None))?;
    equal(|| "no nodes".to_owned(), (jumps.pop(), backs.pop()), (None, None))?;
    let mut steps = Vec::new();
    for count in 1..=40_u32 {
        let node = Node::new(format!("node {}", count * 7 % 41));
        steps.push((jumps.clone(), backs.clone(), node.clone()));
        let indexes = (jumps.push(node.clone()), backs.push(node.clone()));
        let both = (indexes.0.map(NodeIx::get), indexes.1.map(NodeIx::get));
        equal(|| node.name().to_owned(), both, (Ok(count - 1), Ok(count - 1)))?;
        for &key in &keys {
            let got = [jumps.locate(key), backs.locate(key)].map(|index| index.map(NodeIx::get));
            equal(|| format!("{key:?} of {count}"), got, [jump(key, count), jump_back(key, count)])?;
        }
        let before = (jumps.clone(), backs.clone());
        let again = (jumps.push(node.clone()), backs.push(node.clone()));
        let reasons = (again.0.map_err(|error| error.reason), again.1.map_err(|error| error.reason));
        equal(|| "twice".to_owned(), reasons, (Err(AddReason::Duplicate), Err(AddReason::Duplicate)))?;
        let weight = Weight::new(2).map_err(|error| error.to_string())?;
        let heavy = Node::new("heavy").weighing(weight);
        let refused = jumps.push(heavy.clone()).map_err(|error| (error.node, error.reason));
        equal(|| "heavy".to_owned(), refused, Err((heavy, AddReason::Weighted { weight })))?;
        equal(|| "what is refused changes nothing".to_owned(), (jumps.clone(), backs.clone()), before)?;
    }
    while let Some((jumps_before, backs_before, node)) = steps.pop() {
        equal(|| "the last".to_owned(), (jumps.pop(), backs.pop()), (Some(node.clone()), Some(node)))?;
        equal(|| "as before".to_owned(), (&jumps, &backs), (&jumps_before, &backs_before))?;
    }
    Ok("40 nodes came and went".to_owned())
}
