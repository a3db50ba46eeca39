//! Rings of other systems: their published tables, and what is known of their tokens.

use std::{fs, path::Path};

use quorate_hashring::{
    Elastic as _, Hashing, KeyHash, Node, NodeIx, Nodes, Place as _, PlaceTokensReason, Ring, RingDialect,
    Weight,
};

use crate::model::{name, weighing};

fn ring(dialect: RingDialect, nodes: impl IntoIterator<Item = (String, u32)>) -> Result<Ring, String> {
    let nodes = nodes.into_iter().map(|(name, weight)| weighing(&name, weight));
    let nodes = Nodes::of(nodes).map_err(|error| error.to_string())?;
    Ring::like(dialect).with_nodes(nodes).map_err(|error| error.to_string())
}

/// The eight servers of libmemcached's own tests.
fn eight(weights: [u32; 8]) -> impl Iterator<Item = (String, u32)> {
    (1..).zip(weights).map(|(host, weight)| (format!("10.0.1.{host}:11211"), weight))
}

const WEIGHTS: [u32; 8] = [600, 300, 200, 350, 1000, 800, 950, 100];

fn counts(ring: &Ring) -> Vec<usize> {
    (0..).take(ring.nodes().span()).map(|index| ring.tokens_of(NodeIx::new(index)).count()).collect()
}

/// Tokens are the upper halves.
fn points(ring: &Ring) -> Vec<(u64, &str)> {
    ring.tokens().filter_map(|(token, node)| Some((token >> 32, name(ring, node)?))).collect()
}

/// The rows of a published table, whose owners the ring must say; and the hash, and the point if the table is right about it.
fn agrees(file: &str, ring: &Ring, has_points: bool) -> Result<String, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/hashring").join(file);
    let Ok(table) = fs::read_to_string(&path) else { return Ok(format!("skipped: there is no {file}")) };
    for row in table.lines() {
        let cells: Vec<_> = row.split('\t').collect();
        let &[key, hash, .., owner] = cells.as_slice() else { return Err(format!("not a row: {row:?}")) };
        let found = ring.owner(key.as_bytes()).map(Node::name);
        if found != Some(format!("{owner}:11211").as_str()) {
            return Err(format!("{key} is on {found:?}, not {owner}"));
        }
        if !has_points {
            continue;
        }
        let at = ring.hash(key.as_bytes()).get() >> 32;
        let points = points(ring);
        let point = points.iter().find(|(point, _)| *point >= at).or(points.first()).map(|(point, _)| *point);
        if hash != at.to_string() || cells.get(2).copied() != point.map(|p| p.to_string()).as_deref() {
            return Err(format!("{key} hashes to {at} before {point:?}, not as in {row:?}"));
        }
    }
    Ok(format!("{} rows of {file}", table.lines().count()))
}

pub(crate) fn libmemcached_weighted_places_keys_so() -> Result<String, String> {
    let ring = ring(RingDialect::LibmemcachedWeighted, eight(WEIGHTS))?;
    let points = points(&ring);
    let ends = (points.first().copied(), points.last().copied());
    if counts(&ring) != [176, 88, 56, 104, 296, 236, 280, 28]
        || ends != (Some((2_148_620, "10.0.1.3:11211")), Some((4_294_696_831, "10.0.1.7:11211")))
        || ring.owner(b"VDEAAAAA").map(Node::name) != Some("10.0.1.3:11211")
    {
        return Err(format!("{:?}, {ends:?}", counts(&ring)));
    }
    agrees("ketama_libmemcached_weighted.tsv", &ring, true)
}

pub(crate) fn spymemcached_places_keys_so() -> Result<String, String> {
    let plain = ring(RingDialect::Spymemcached, eight([1; 8]))?;
    let token = Hashing::Md5.key(b"/10.0.1.1:11211-39").get();
    if counts(&plain) != [160; 8] || !plain.tokens_of(NodeIx::new(0)).any(|own| own == token) {
        return Err(format!("{:?}", counts(&plain)));
    }
    agrees("ketama_spymemcached.tsv", &ring(RingDialect::Spymemcached, eight(WEIGHTS))?, false)
}

/// One token for each text, by the hash that keys have; and by weight once there are weights.
pub(crate) fn libmemcached_has_a_hundred_points_until_weights_come() -> Result<String, String> {
    for hashing in [Hashing::OneAtATime, Hashing::Md5] {
        let mut plain = ring(RingDialect::Libmemcached, eight([1; 8]))?.with_hashing(hashing);
        plain.add(Node::new("10.0.1.9:11212")).map_err(|error| error.to_string())?;
        let other = NodeIx::new(8);
        let has = |node: u32, text: &str| {
            let token = hashing.key(text.as_bytes()).get();
            plain.tokens_of(NodeIx::new(node)).any(|own| own == token)
        };
        if counts(&plain) != [100; 9] || !has(0, "10.0.1.1-0") || !has(0, "10.0.1.1-99") {
            return Err(format!("{:?}", counts(&plain)));
        }
        if !plain.tokens_of(other).any(|own| own == hashing.key(b"10.0.1.9:11212-7").get()) {
            return Err("another port belongs to the name".into());
        }
        plain.remove("10.0.1.9:11212").map_err(|error| error.to_string())?;
        for (name, weight) in eight(WEIGHTS) {
            let weight = Weight::new(weight).map_err(|error| error.to_string())?;
            plain.set_weight(&name, weight).map_err(|error| error.to_string())?;
        }
        let weighted = ring(RingDialect::LibmemcachedWeighted, eight(WEIGHTS))?;
        if points(&plain) != points(&weighted) || plain.hashing() != &hashing {
            return Err("weights do not weigh".into());
        }
    }
    Ok("900 points by two hashes, then 1264".into())
}

/// A peer made 688,000 points of these weights, and kept the port.
pub(crate) fn twemproxy_has_libmemcacheds_points_and_its_own_hash() -> Result<String, String> {
    let theirs = ring(RingDialect::Twemproxy, eight(WEIGHTS))?;
    let points_of = |dialect| Ok::<_, String>(points(&ring(dialect, eight(WEIGHTS))?).len());
    if points(&theirs) != points(&ring(RingDialect::LibmemcachedWeighted, eight(WEIGHTS))?) {
        return Err("other points".into());
    }
    if theirs.hash(b"foobar") != Hashing::Fnv1a64.key(b"foobar") || points_of(RingDialect::Twemproxy)? != 1264
    {
        return Err("another hash".into());
    }
    Ok("1264 points".into())
}

/// In single precision one node of ten thousand has a hash more or less than it should.
pub(crate) fn points_are_rounded_as_in_c() -> Result<String, String> {
    let weights = [845, 58, 13, 134, 250].map(|weight| (format!("h{weight}:1"), weight));
    let (rounded, original) =
        (ring(RingDialect::LibmemcachedWeighted, weights.clone())?, ring(RingDialect::Libketama, weights)?);
    if counts(&rounded).get(2) != Some(&4) || counts(&original).get(2) != Some(&8) {
        return Err(format!("{:?}, {:?}", counts(&rounded), counts(&original)));
    }
    let port = ring(RingDialect::Libketama, [("10.0.1.1:11211".to_owned(), 1)])?;
    let token = Hashing::Md5.key(b"10.0.1.1:11211-39").get();
    if counts(&port) != [160] || !port.tokens().any(|(own, _)| own == token) {
        return Err("the port belongs to the name".into());
    }
    Ok(format!("{:?} beside {:?}", counts(&rounded), counts(&original)))
}

pub(crate) fn envoy_places_hosts_so() -> Result<String, String> {
    let hosts = |ports: std::ops::Range<u32>| ports.map(|port| (format!("127.0.0.1:{port}"), 1));
    let six = ring(RingDialect::Envoy { size_min: 12 }, hosts(90..96))?;
    let expected = [
        (833_437_586_790_550_860, 94),
        (928_266_305_478_181_108, 92),
        (1_033_482_794_131_418_490, 90),
        (3_551_244_743_356_806_947, 95),
        (3_851_675_632_748_031_481, 93),
        (5_583_722_120_771_150_861, 91),
        (6_311_230_543_546_372_928, 91),
        (7_700_377_290_971_790_572, 93),
        (13_144_177_310_400_110_813, 95),
        (13_444_792_449_719_432_967, 92),
        (15_516_499_411_664_133_160, 94),
        (16_117_243_373_044_804_889, 90),
    ];
    let is: Vec<_> = six.tokens().map(|(token, node)| (token, 90 + node.get())).collect();
    if is != expected {
        return Err(format!("{is:?}"));
    }
    let murmur = ring(RingDialect::EnvoyMurmur2 { size_min: 12 }, hosts(80..86))?;
    let ends: Vec<_> = murmur.tokens().map(|(token, node)| (token, 80 + node.get())).collect();
    if ends.first() != Some(&(1_358_027_074_129_602_068, 85))
        || ends.last() != Some(&(17_613_279_263_364_193_813, 80))
        || murmur.hash(b"abc") != (Hashing::Xxh64 { seed: 0 }).key(b"abc")
    {
        return Err(format!("{ends:?}"));
    }
    // The least has a whole number of tokens, others as many more as they weigh.
    let weighted = ring(
        RingDialect::Envoy { size_min: 1024 },
        [1, 2, 5].map(|weight| (format!("127.0.0.1:9{weight}"), weight)),
    )?;
    if counts(&weighted) != [128, 256, 640] {
        return Err(format!("{:?}", counts(&weighted)));
    }
    let least = ring(RingDialect::Envoy { size_min: 0 }, hosts(90..96))?;
    if counts(&least) != [1; 6] {
        return Err(format!("{:?}", counts(&least)));
    }
    Ok(format!("{} and {} tokens", six.token_count(), murmur.token_count()))
}

/// A peer kept 480 keys over 479 entries of the ring, and removed the wrong ones.
pub(crate) fn two_hosts_share_a_point() -> Result<String, String> {
    let (a, b, c) = ("172.31.1.125", "172.31.1.202", "172.31.1.1");
    for order in [[a, b, c], [a, c, b], [b, a, c], [b, c, a], [c, a, b], [c, b, a]] {
        let mut table = Ring::like(RingDialect::LibmemcachedWeighted);
        for host in order {
            table.add(Node::new(host)).map_err(|error| error.to_string())?;
        }
        let shared = 1_009_926_488;
        let owners: Vec<_> = points(&table).into_iter().filter(|(point, _)| *point == shared).collect();
        let owner = table.locate(KeyHash::new(shared << 32)).and_then(|node| name(&table, node));
        if owners != [(shared, a), (shared, b)] || owner != Some(a) || table.token_count() != 480 {
            return Err(format!("{owners:?}, {owner:?}, {} tokens", table.token_count()));
        }
        for (left, host) in (0..3).rev().zip(order) {
            table.remove(host).map_err(|error| error.to_string())?;
            if table.token_count() != 160 * left {
                return Err(format!("{} tokens of {left} hosts", table.token_count()));
            }
        }
    }
    Ok("a point of two hosts, in six orders".into())
}

/// A peer gives a hash that is a point to the node after.
pub(crate) fn a_point_belongs_to_its_own_host() -> Result<String, String> {
    let hosts = ["10.0.1.1", "10.0.1.2", "10.0.1.3"].map(|host| (host.to_owned(), 1));
    let table = ring(RingDialect::LibmemcachedWeighted, hosts)?;
    for (point, host) in points(&table) {
        let owner = table.locate(KeyHash::new(point << 32)).and_then(|node| name(&table, node));
        if owner != Some(host) {
            return Err(format!("{point} is on {owner:?}, not {host}"));
        }
    }
    match table.locate(KeyHash::new(20_424_420 << 32)).and_then(|node| name(&table, node)) {
        Some("10.0.1.1") => Ok(format!("{} points", table.token_count())),
        other => Err(format!("20424420 is on {other:?}")),
    }
}

/// ketama counts tokens by shares of the whole, so strangers lose and win some; a ring of its own counts by weights.
pub(crate) fn a_weight_shifts_strangers_in_ketama_alone() -> Result<String, String> {
    let shifted = |mut table: Ring| {
        let before = counts(&table);
        table.set_weight("10.0.1.5:11211", Weight::new(2000).ok()?).ok()?;
        let after = counts(&table);
        let strangers = before.iter().zip(&after).enumerate().filter(|(index, _)| *index != 4);
        Some(strangers.filter(|(_, (before, after))| before != after).count())
    };
    let nodes = Nodes::of(eight(WEIGHTS).map(|(name, weight)| weighing(&name, weight)));
    let own = Ring::new(Hashing::default(), std::num::NonZeroU32::MIN)
        .with_nodes(nodes.map_err(|error| error.to_string())?)
        .map_err(|error| error.to_string())?;
    match (shifted(ring(RingDialect::LibmemcachedWeighted, eight(WEIGHTS))?), shifted(own)) {
        (Some(7), Some(0)) => Ok("7 of 7 strangers shifted, and none".into()),
        other => Err(format!("{other:?}")),
    }
}

pub(crate) fn dialects_come_back_and_take_no_tokens() -> Result<String, String> {
    let dialects = [
        RingDialect::Libketama,
        RingDialect::Libmemcached,
        RingDialect::LibmemcachedWeighted,
        RingDialect::Spymemcached,
        RingDialect::Twemproxy,
        RingDialect::Envoy { size_min: 100 },
        RingDialect::EnvoyMurmur2 { size_min: 100 },
    ];
    for dialect in dialects {
        let mut table = ring(dialect, eight(WEIGHTS))?;
        let json = serde_json::to_string(&table).map_err(|error| error.to_string())?;
        let bytes = postcard::to_allocvec(&table).map_err(|error| error.to_string())?;
        if serde_json::from_str::<Ring>(&json).ok().as_ref() != Some(&table)
            || postcard::from_bytes::<Ring>(&bytes).ok().as_ref() != Some(&table)
        {
            return Err(format!("{json} is not {table:?}"));
        }
        let whole = table.clone();
        let refused = table.add_at(Node::new("x"), vec![1]).err().map(|error| error.reason);
        let given = json.replace("\"given\":[", "\"given\":[[1,[5]]");
        if refused != Some(PlaceTokensReason::Dialect)
            || table != whole
            || serde_json::from_str::<Ring>(&given).is_ok()
        {
            return Err(format!("{dialect:?} takes tokens"));
        }
        // One by one is all at once, and who goes is gone.
        let mut slowly = Ring::like(dialect);
        for (name, weight) in eight(WEIGHTS).collect::<Vec<_>>().into_iter().rev() {
            slowly.add(weighing(&name, weight)).map_err(|error| error.to_string())?;
        }
        let names = |ring: &Ring| {
            ring.tokens()
                .map(|(token, node)| (token, name(ring, node).map(str::to_owned)))
                .collect::<Vec<_>>()
        };
        if names(&slowly) != names(&whole) {
            return Err(format!("{dialect:?} depends on the order"));
        }
        slowly.remove("10.0.1.8:11211").map_err(|error| error.to_string())?;
        if names(&slowly) != names(&ring(dialect, eight(WEIGHTS).take(7))?) {
            return Err(format!("{dialect:?} remembers who left"));
        }
    }
    Ok(format!("{} dialects", dialects.len()))
}
