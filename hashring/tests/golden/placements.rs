//! Where every table places keys: what others have stored by it would be lost if that changed.

use quorate_hashring::{
    Anchor, Elastic, Hashing, Hrw, Jump, JumpBack, Maglev, MaglevSize, ModN, Node, NodeIx, Nodes, Place,
    PlaceExt as _, Ring, RingDialect, SlotSpec, Slots, Weight,
};

use crate::files;

type Table = (&'static str, Box<dyn Place>);

fn nodes() -> impl Iterator<Item = Node> {
    (1..=9).map(|number| Node::new(format!("10.0.1.{number}:11211")))
}

fn weighed() -> Vec<Node> {
    let weigh = |(node, weight): (Node, u32)| node.weighing(Weight::new(weight).unwrap_or_default());
    nodes().zip([3, 1, 2, 1, 5, 1, 1, 4, 2]).map(weigh).collect()
}

/// The table with nodes, of which two left and one came back.
fn with(
    mut table: impl Elastic + 'static,
    nodes: impl IntoIterator<Item = Node>,
) -> Result<Box<dyn Place>, String> {
    for node in nodes {
        table.add(node).map_err(|error| error.to_string())?;
    }
    let back = table.remove("10.0.1.3:11211").map_err(|error| error.to_string())?;
    table.remove("10.0.1.7:11211").map_err(|error| error.to_string())?;
    table.add(back).map_err(|error| error.to_string())?;
    Ok(Box::new(table))
}

fn tables() -> Result<Vec<Table>, String> {
    let hashing = Hashing::keyed([1, 2]);
    let size = MaglevSize::new(1_009).map_err(|error| error.to_string())?;
    let (mut jump, mut back) = (Jump::new(hashing), JumpBack::new(hashing));
    for node in nodes() {
        jump.push(node.clone()).map_err(|error| error.to_string())?;
        back.push(node).map_err(|error| error.to_string())?;
    }
    let slots = |spec| -> Result<Slots, String> {
        let nodes = Nodes::of(weighed()).map_err(|error| error.to_string())?;
        Ok(Slots::new(spec).map_err(|error| error.to_string())?.with_nodes(nodes))
    };
    let mut given = Ring::new(hashing, Ring::TOKENS);
    given.add_at(Node::new("given"), vec![1 << 62, 3 << 62]).map_err(|error| error.to_string())?;
    let mut tables: Vec<Table> = vec![
        ("remainder", with(ModN::new(hashing), nodes())?),
        ("jump", Box::new(jump)),
        ("jump back", Box::new(back)),
        ("anchor", with(Anchor::new(hashing), nodes())?),
        ("anchor of 20", with(Anchor::reserving(hashing, 20), nodes())?),
        ("rendezvous", with(Hrw::new(hashing), weighed())?),
        ("Maglev", with(Maglev::new(hashing, size), weighed())?),
        ("Envoy's Maglev", with(Maglev::envoy(size), nodes())?),
        ("slots", Box::new(slots(SlotSpec { hashing, ..SlotSpec::default() })?)),
        ("Redis's slots", Box::new(slots(SlotSpec::redis(2))?)),
        ("ring", with(Ring::new(hashing, Ring::TOKENS), weighed())?),
        ("ring by SipHash-2-4", with(Ring::new(Hashing::Sip24 { key: [1, 2] }, Ring::TOKENS), weighed())?),
        ("ring with given tokens", with(given, nodes())?),
    ];
    let dialects = [
        ("libketama's ring", RingDialect::Libketama),
        ("libmemcached's weighted ring", RingDialect::LibmemcachedWeighted),
        ("spymemcached's ring", RingDialect::Spymemcached),
        ("twemproxy's ring", RingDialect::Twemproxy),
        ("Envoy's ring", RingDialect::Envoy { size_min: 1024 }),
        ("Envoy's ring by Murmur", RingDialect::EnvoyMurmur2 { size_min: 1024 }),
    ];
    tables.push(("libmemcached's ring", with(Ring::like(RingDialect::Libmemcached), nodes())?));
    for (name, dialect) in dialects {
        tables.push((name, with(Ring::like(dialect), weighed())?));
    }
    Ok(tables)
}

/// For each table, what comes first, second and third for each of some keys: the last numbers of the hosts.
pub(crate) fn every_table_places_keys_as_it_was_written_down() -> Result<String, String> {
    let mut lines = vec![];
    for (name, table) in tables()? {
        let last = |node: NodeIx| {
            let name = table.nodes().get(node).map_or("nobody", Node::name);
            name.trim_start_matches("10.0.1.").trim_end_matches(":11211").to_owned()
        };
        let places = (0..60).map(|number| {
            let key = format!("user:{number}");
            let first: Vec<_> = table.preferences(key.as_bytes()).take(3).map(last).collect();
            first.join(",")
        });
        let places: Vec<_> = places.collect();
        lines.push(format!("{name}\n  {}", places.join(" ")));
    }
    files::is_as_written("placements.txt", &(lines.join("\n") + "\n"))
}
