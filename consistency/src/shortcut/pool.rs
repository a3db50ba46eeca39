//! Queues without order whose values are put in once each.
//!
//! Values have to do with one another only through the takes that find nothing. So each is put in as late as it can be and
//! taken out as early as it can be: then it is in there only when it certainly is.

use alloc::vec::Vec;

use super::contents::Contents;

/// The order of the calls.
pub(crate) fn order(contents: &Contents) -> Vec<usize> {
    let mut points = Vec::with_capacity(contents.values.len() * 2 + contents.empty.len());
    for value in &contents.values {
        // If it need not stay, it is taken out as soon as it is put in.
        let put_at = value.take.map_or(value.put_to, |take| value.put_to.min(take.from));
        points.push((put_at, false, value.put));
        points.extend(value.take.map(|take| (take.from, true, take.call)));
    }
    points.extend(contents.empty.iter().map(|(take, at)| (*at, false, *take)));
    points.sort_unstable();
    points.into_iter().map(|(.., call)| call).collect()
}
