//! Ctrl-C: the first says "tell me what you have", the second ends the process.

use std::{
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::signal::unix::{SignalKind, signal};

use crate::problem::Problem;

/// The exit code of what was interrupted, as shells have it.
pub(crate) const EXIT_CODE: u8 = 130;

/// Whether somebody has pressed Ctrl-C since.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on Ctrl-C is noticed instead of ending the process.
    pub(crate) fn watch() -> Result<Self, Problem> {
        let (interrupt, runtime) = (Self::default(), crate::runtime()?);
        let mut pressed = {
            let _inside = runtime.enter();
            let failed = |error| Problem::new(format!("signals cannot be caught: {error}"));
            signal(SignalKind::interrupt()).map_err(failed)?
        };
        let noticed = interrupt.clone();
        thread::spawn(move || {
            runtime.block_on(async move {
                while pressed.recv().await.is_some() {
                    if noticed.0.swap(true, Ordering::Relaxed) {
                        process::exit(i32::from(EXIT_CODE));
                    }
                }
            });
        });
        Ok(interrupt)
    }

    /// As if somebody had pressed it.
    #[cfg(test)]
    pub(crate) fn press(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_noticed(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
