//! Long searches: how far they are, and their end at Ctrl-C.

use std::{
    cell::{Cell, OnceCell},
    time::{Duration, Instant},
};

use indicatif::ProgressBar;

use crate::{interrupt::Interrupt, terminal};

/// How many steps are done between two looks.
const CHUNK: u64 = 1 << 16;
/// Who is done earlier is not watched: no bar, and Ctrl-C ends the process as it does others.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks after the searches of all files.
#[derive(Debug)]
pub(super) struct Watch {
    started: Instant,
    long: OnceCell<Long>,
    is_interrupted: Cell<bool>,
}

#[derive(Debug)]
struct Long {
    bar: ProgressBar,
    /// `None` if signals cannot be caught.
    interrupt: Option<Interrupt>,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), long: OnceCell::new(), is_interrupted: Cell::new(false) }
    }

    /// Whether somebody has pressed Ctrl-C: what is not known by then is unknown.
    pub(super) fn is_interrupted(&self) -> bool {
        self.is_interrupted.get()
    }

    /// Runs a search for at most so many steps, as long as it has more to do and nobody interrupts.
    pub(super) fn run<T>(
        &self,
        steps: u64,
        mut run: impl FnMut(u64) -> T,
        has_more: impl Fn(&T) -> bool,
    ) -> T {
        let mut done = 0;
        loop {
            let given = CHUNK.min(steps - done);
            let result = run(given);
            done += given;
            if !has_more(&result) || done == steps || !self.goes_on(done, steps) {
                if let Some(long) = self.long.get() {
                    long.bar.set_position(0);
                }
                return result;
            }
        }
    }

    /// Takes the bar away before something is written.
    pub(super) fn clear(&self) {
        if let Some(long) = self.long.get() {
            long.bar.finish_and_clear();
        }
    }

    fn goes_on(&self, done: u64, steps: u64) -> bool {
        if self.started.elapsed() < PATIENCE {
            return true;
        }
        let long = self.long.get_or_init(|| {
            let interrupt = Interrupt::watch().ok();
            if interrupt.is_some() {
                terminal::remark("a long search: Ctrl-C ends it with what is known");
            }
            Long {
                bar: terminal::bar(steps, "{elapsed} [{bar:40}] {human_pos} of {human_len} steps"),
                interrupt,
            }
        });
        if long.bar.is_finished() {
            long.bar.reset();
        }
        long.bar.set_length(steps);
        long.bar.set_position(done);
        self.is_interrupted.set(long.interrupt.as_ref().is_some_and(Interrupt::is_noticed));
        !self.is_interrupted()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{CHUNK, PATIENCE, Watch};

    #[test]
    fn a_search_runs_to_its_end_or_to_the_last_step() {
        let watch = Watch::new();
        let mut given = Vec::new();
        watch.run(u64::MAX, |steps| given.push(steps), |()| false);
        assert_eq!(given, [CHUNK]);
        let mut given = Vec::new();
        watch.run(2 * CHUNK + 7, |steps| given.push(steps), |()| true);
        assert_eq!(given, [CHUNK, CHUNK, 7]);
        assert!(watch.long.get().is_none(), "nothing is shown of short ones");
    }

    #[test]
    fn a_long_search_is_shown_and_can_be_interrupted() {
        let mut watch = Watch::new();
        let Some(long_ago) = watch.started.checked_sub(PATIENCE + Duration::from_secs(1)) else { return };
        watch.started = long_ago;
        let mut chunks = 0;
        watch.run(3 * CHUNK, |_| chunks += 1, |()| true);
        let shown = watch.long.get().map(|long| long.bar.length());
        assert_eq!((chunks, shown), (3, Some(Some(3 * CHUNK))));
        let pressed = watch.long.get().and_then(|long| long.interrupt.as_ref());
        pressed.into_iter().for_each(crate::interrupt::Interrupt::press);
        chunks = 0;
        watch.run(3 * CHUNK, |_| chunks += 1, |()| true);
        assert_eq!((chunks, watch.is_interrupted()), (1, true));
    }
}
