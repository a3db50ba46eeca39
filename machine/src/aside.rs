use core::{
    fmt,
    hash::{Hash, Hasher},
    ops::{Deref, DerefMut},
};

/// Something a machine carries that is not protocol state: counters, scratch buffers, caches.
///
/// Equal to every other, and hashes to nothing, so that two machines that would act alike compare alike.
///
/// ```
/// use quorate_machine::Aside;
///
/// let mut strangers = Aside::new(0_u64);
/// *strangers += 1;
/// assert_eq!(strangers, Aside::new(0));
/// ```
#[derive(Clone, Default)]
pub struct Aside<T>(T);

impl<T> Aside<T> {
    /// Sets `value` aside.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Takes the value back.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Aside<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Aside<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T> PartialEq for Aside<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Aside<T> {}

impl<T> Hash for Aside<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

impl<T: fmt::Debug> fmt::Debug for Aside<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
