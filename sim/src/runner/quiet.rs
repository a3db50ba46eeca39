use core::cell::Cell;
use std::{panic, sync::Once};

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Does the work without telling of its panics. Other threads go on telling of theirs.
pub(crate) fn quietly<T>(work: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |about| {
            if !QUIET.get() {
                loud(about);
            }
        }));
    });
    let _restored = Restored(QUIET.replace(true));
    work()
}

/// Also when the work panics itself.
struct Restored(bool);

impl Drop for Restored {
    fn drop(&mut self) {
        QUIET.set(self.0);
    }
}
