//! What is stored: hashings, weights, nodes.

use quorate_hashring::{Elastic as _, Hashing, ModN, Node, Nodes, Place as _, Weight};

use crate::hashes::ALL;

pub(crate) fn hashings_come_back() -> Result<String, String> {
    for hashing in ALL {
        let json = serde_json::to_string(hashing).map_err(|error| error.to_string())?;
        let bytes = postcard::to_allocvec(hashing).map_err(|error| error.to_string())?;
        if !json.contains(hashing.id()) {
            return Err(format!("{json} does not say {}", hashing.id()));
        }
        if serde_json::from_str::<Hashing>(&json).ok() != Some(*hashing)
            || postcard::from_bytes(&bytes).ok() != Some(*hashing)
        {
            return Err(format!("{hashing:?} does not come back from {json}"));
        }
    }
    let wrong = [
        r#"{"id":"sip13/2","key":[0,0]}"#,
        r#"{"id":"sip13/1","key":[0]}"#,
        r#"{"id":"sip13/1","key":[0,0,0]}"#,
        r#"{"id":"xxh64/1","key":[]}"#,
        r#"{"id":"md5-ketama/1","key":[1]}"#,
        r#"{"id":"","key":[]}"#,
    ];
    for json in wrong {
        if let Ok(hashing) = serde_json::from_str::<Hashing>(json) {
            return Err(format!("{json} is read as {hashing:?}"));
        }
    }
    Ok(format!("{} hashings, {} that are none", ALL.len(), wrong.len()))
}

pub(crate) fn nodes_come_back_at_their_indexes() -> Result<String, String> {
    let mut table = ModN::new(Hashing::default());
    let mut stored = 0;
    for step in 0..60_u32 {
        let name = format!("n{}", step.wrapping_mul(7) % 13);
        if table.remove(&name).is_err() {
            table.add(Node::new(name).within(["r", "z"])).map_err(|error| error.to_string())?;
        }
        let nodes = table.nodes();
        let json = serde_json::to_string(nodes).map_err(|error| error.to_string())?;
        let bytes = postcard::to_allocvec(nodes).map_err(|error| error.to_string())?;
        let back: Nodes = serde_json::from_str(&json).map_err(|error| format!("{error}: {json}"))?;
        let also: Nodes = postcard::from_bytes(&bytes).map_err(|error| error.to_string())?;
        if &back != nodes || &also != nodes {
            return Err(format!("{nodes:?} is not what comes back: {back:?}, {also:?}"));
        }
        stored += usize::from(nodes.len() < nodes.span());
    }
    Ok(format!("60 tables, {stored} with gaps"))
}

pub(crate) fn what_no_table_has_is_not_read() -> Result<String, String> {
    let node = r#"{"name":"a","weight":1,"path":[]}"#;
    let wrong = [
        format!("[{node},{node}]"),
        format!("[{node},null]"),
        "[null]".into(),
        r#"[{"name":"a","weight":0,"path":[]}]"#.into(),
        r#"[{"name":"a","weight":4294967296,"path":[]}]"#.into(),
        r#"[{"name":"a","weight":1}]"#.into(),
    ];
    for json in &wrong {
        if let Ok(nodes) = serde_json::from_str::<Nodes>(json) {
            return Err(format!("{json} is read as {nodes:?}"));
        }
    }
    let weight = serde_json::from_str::<Weight>("7").map_err(|error| error.to_string())?;
    if weight.get() != 7 || serde_json::from_str::<Weight>("0").is_ok() {
        return Err("weights are numbers from 1".into());
    }
    Ok(format!("{} lists of nodes that are none", wrong.len()))
}
