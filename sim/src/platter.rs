//! The bytes under one node's records: a journal in the format of `quorate_wire`, and what happens to it.

use core::{convert::Infallible, ops::Range};

use bytes::Bytes;
use quorate_machine::Rng;
use quorate_wire::journal::{Header, Scan, Writer};

use crate::fault::Loss;

/// A journal as it should be, and what has been done to it since: damage stays apart, so that what is read back can be
/// compared with what was written.
pub(crate) struct Platter {
    header: Header,
    writer: Writer,
    /// All that was written, undamaged.
    file: Vec<u8>,
    /// Where each frame lies in it.
    frames: Vec<Range<usize>>,
    /// How many of the frames are synced.
    synced: usize,
    /// Bytes that are no longer what was written, with their places.
    damage: Vec<(usize, u8)>,
}

/// What a journal is found to be after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Everything synced is there, and this many of the unsynced frames.
    Whole { unsynced: usize },
    /// Damage was noticed.
    Corrupt,
    /// Synced frames are gone from the end, which no later frame could tell.
    Short,
    /// Frames came back that were never written, or not the ones that were: never right.
    MadeUp,
}

/// Sectors are smaller here than on any disk, since records are.
const PAGE_BYTES: usize = 64;

impl Platter {
    pub(crate) fn new(salt: u64) -> Self {
        let header = Header::new(salt, 1);
        let writer = Writer::new(&header, 0, u32::MAX);
        let file = header.encode().to_vec();
        Self { header, writer, file, frames: Vec::new(), synced: 0, damage: Vec::new() }
    }

    /// Another journal in the same place.
    pub(crate) fn blank(self) -> Self {
        Self::new(self.header.salt().wrapping_add(1))
    }

    pub(crate) fn append(&mut self, body: &[u8]) {
        let start = self.file.len();
        let written = self.writer.append::<Infallible>(&mut self.file, |file| {
            file.extend_from_slice(body);
            Ok(())
        });
        debug_assert!(written.is_ok(), "a record of four gigabytes");
        self.frames.push(start..self.file.len());
    }

    /// The next `frames` frames are on stable storage.
    pub(crate) fn sync(&mut self, frames: usize) {
        self.synced = (self.synced + frames).min(self.frames.len());
        self.writer.mark_synced(self.header.first() + self.synced as u64 - 1);
    }

    /// A checkpoint has replaced all but the last `kept` frames, which are copied into a new file. `synced` of those are
    /// on stable storage.
    pub(crate) fn replace(&mut self, kept: usize, synced: usize) {
        let dropped = self.frames.len().saturating_sub(kept);
        self.rewrite(|nth| nth >= dropped);
        self.sync(synced);
    }

    /// Only the unsynced frames in whose place there is a `true` have survived, whatever came before them.
    pub(crate) fn keep(&mut self, unsynced: &[bool]) {
        let synced = self.synced;
        self.rewrite(|nth| nth.checked_sub(synced).is_none_or(|nth| unsynced.get(nth) == Some(&true)));
        self.sync(self.frames.len());
    }

    fn rewrite(&mut self, keep: impl Fn(usize) -> bool) {
        let mut new = Self::new(self.header.salt().wrapping_add(1));
        for (nth, frame) in self.frames.iter().enumerate() {
            if keep(nth) {
                new.append(self.file.get(frame.start + FRAME_HEADER..frame.end).unwrap_or_default());
            }
        }
        *self = new;
    }

    /// Turns over one to three bits of what is synced. Says whether there was anything.
    pub(crate) fn rot(&mut self, rng: &mut Rng) -> bool {
        let end = self.synced_end();
        for _ in 0..=rng.below(3) {
            let at = below(rng, end);
            let byte = self.byte(at) ^ (1 << rng.below(8));
            self.damage.push((at, byte));
        }
        self.synced > 0
    }

    /// Writes a copy of some frame over another one that is synced. Says whether there were two.
    pub(crate) fn misdirect(&mut self, rng: &mut Rng) -> bool {
        if self.synced == 0 || self.frames.len() < 2 {
            return false;
        }
        let over = below(rng, self.synced);
        let other = (over + 1 + below(rng, self.frames.len() - 1)) % self.frames.len();
        let (from, to) = (self.frames[other].clone(), self.frames[over].start);
        let end = self.file.len();
        self.damage.extend(
            from.enumerate().filter(|(nth, _)| to + nth < end).map(|(nth, at)| (to + nth, self.file[at])),
        );
        true
    }

    /// Does to the unsynced end what a crash does, reads the journal back, and truncates it to what is good.
    pub(crate) fn crash(&mut self, loss: Loss, rng: &mut Rng) -> Found {
        let found = self.read_back(self.survivor(loss, rng));
        let Found::Whole { unsynced } = found else { return found };
        self.synced += unsynced;
        self.frames.truncate(self.synced);
        self.file.truncate(self.frames.last().map_or(HEADER, |frame| frame.end));
        self.damage.clear();
        found
    }

    /// What is on the disk after the crash.
    fn survivor(&self, loss: Loss, rng: &mut Rng) -> Vec<u8> {
        let (synced, end) = (self.synced_end(), self.file.len());
        let mut file = self.file.clone();
        match loss {
            // Which frames of a subset survive is the disk's choice.
            Loss::Nothing | Loss::Subset => {}
            Loss::All => file.truncate(synced),
            Loss::Suffix => {
                let kept = self.synced + below(rng, self.frames.len() - self.synced + 1);
                file.truncate(kept.checked_sub(1).map_or(HEADER, |last| self.frames[last].end));
            }
            Loss::Torn => file.truncate(synced + below(rng, end - synced + 1)),
            Loss::Pages => {
                for page in (synced..end).step_by(PAGE_BYTES) {
                    let page_end = (page / PAGE_BYTES + 1) * PAGE_BYTES;
                    if rng.below(2) == 0 {
                        file[page..page_end.min(end)].fill(0);
                    }
                }
                if rng.below(4) == 0 {
                    file.truncate(synced + below(rng, end - synced + 1));
                }
            }
        }
        for (at, byte) in &self.damage {
            if let Some(place) = file.get_mut(*at) {
                *place = *byte;
            }
        }
        file
    }

    /// What the format makes of the bytes, and whether it is right.
    fn read_back(&mut self, file: Vec<u8>) -> Found {
        let undamaged = self.damage.is_empty();
        let (frames, end) = match Scan::open(Bytes::from(file), None) {
            Ok(Some(mut scan)) => {
                (scan.by_ref().collect::<Vec<_>>(), scan.end().ok().zip(Some(*scan.header())))
            }
            Ok(None) => (Vec::new(), None),
            Err(_) => return if undamaged { Found::MadeUp } else { Found::Corrupt },
        };
        let written = |nth: usize| {
            let frame = self.frames.get(nth)?;
            self.file.get(frame.start + FRAME_HEADER..frame.end)
        };
        let made_up = frames.iter().enumerate().any(|(nth, frame)| written(nth) != Some(&frame.body[..]));
        match (end, frames.len().checked_sub(self.synced)) {
            _ if made_up => Found::MadeUp,
            (Some((end, header)), Some(unsynced)) => {
                self.writer = Writer::resume(&header, &end, u32::MAX);
                Found::Whole { unsynced }
            }
            _ if undamaged => Found::MadeUp,
            (Some(_), None) => Found::Short,
            (None, _) => Found::Corrupt,
        }
    }

    fn synced_end(&self) -> usize {
        self.synced.checked_sub(1).map_or(HEADER, |last| self.frames[last].end)
    }

    fn byte(&self, at: usize) -> u8 {
        let damaged = self.damage.iter().rev().find(|(place, _)| *place == at).map(|(_, byte)| *byte);
        damaged.or_else(|| self.file.get(at).copied()).unwrap_or(0)
    }
}

const HEADER: usize = quorate_wire::journal::HEADER_BYTES;
const FRAME_HEADER: usize = quorate_wire::journal::FRAME_HEADER_BYTES;

fn below(rng: &mut Rng, bound: usize) -> usize {
    usize::try_from(rng.below(bound as u64)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_written_is_told_apart() {
        let written = |bodies: &[&str]| {
            let mut platter = Platter::new(7);
            for body in bodies {
                platter.append(body.as_bytes());
            }
            platter
        };
        let (mut platter, other) = (written(&["one", "two"]), written(&["one", "three"]));
        platter.sync(1);
        assert_eq!(platter.read_back(platter.file.clone()), Found::Whole { unsynced: 1 });
        assert_eq!(platter.read_back(written(&["one"]).file), Found::Whole { unsynced: 0 });
        assert_eq!(platter.read_back(other.file), Found::MadeUp, "a frame that is not the one written");
        assert_eq!(platter.read_back(written(&[]).file), Found::MadeUp, "synced, undamaged and gone");
        assert_eq!(platter.read_back(written(&["one", "two", "three"]).file), Found::MadeUp);
    }
}
