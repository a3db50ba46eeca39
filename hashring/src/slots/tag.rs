//! The part of a key that decides where it is.

use crate::bug::Bug;

/// What is between the first `{` of a key and the first `}` after it, if there is something; otherwise all of the key. Keys of one tag
/// are in one slot, so that one operation can be about several of them (Redis Cluster specification, "Hash tags").
///
/// ```
/// use quorate_hashring::hash_tag;
///
/// assert_eq!(hash_tag(b"{user1000}.following"), b"user1000");
/// assert_eq!(hash_tag(b"foo{}{bar}"), b"foo{}{bar}");
/// ```
pub fn hash_tag(key: &[u8]) -> &[u8] {
    let tag = || {
        let open = key.iter().position(|&byte| byte == b'{')?;
        let rest = key.get(open + 1..)?;
        let close = rest.iter().position(|&byte| byte == b'}')?;
        rest.get(..close).filter(|tag| !tag.is_empty() || Bug::TagMayBeEmpty.is_planted())
    };
    tag().unwrap_or(key)
}
