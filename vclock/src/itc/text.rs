use alloc::vec::Vec;
use core::fmt;

use super::{Stamp, tree::Tree};

/// As the paper writes stamps: `((1, 0), (0, 1, 0))` is the id, and the history.
impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        write_tree(f, &self.id, false)?;
        f.write_str(", ")?;
        write_tree(f, &self.history, true)?;
        f.write_str(")")
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_tree(f: &mut fmt::Formatter<'_>, tree: &Tree, bases: bool) -> fmt::Result {
    // Of each open parent, whether the left half is written.
    let mut open: Vec<bool> = Vec::new();
    for node in &tree.nodes {
        if !node.is_leaf() {
            f.write_str("(")?;
            if bases {
                write!(f, "{}, ", node.base)?;
            }
            open.push(false);
            continue;
        }
        write!(f, "{}", node.base)?;
        while let Some(left_written) = open.last_mut() {
            if !*left_written {
                *left_written = true;
                f.write_str(", ")?;
                break;
            }
            open.pop();
            f.write_str(")")?;
        }
    }
    Ok(())
}
