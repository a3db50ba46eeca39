use quorate_machine::{Machine, Tag};
use tokio::sync::{mpsc, oneshot, watch};

use crate::{Application, Commands};

pub(crate) type CommandOf<A> = <<A as Application>::Machine as Machine>::Command;

/// Something to run inside the loop.
pub(crate) type Visit<A> =
    Box<dyn FnOnce(&<A as Application>::Machine, &mut A, &mut Commands<CommandOf<A>>) + Send>;

/// What callers outside the loop want.
pub(crate) enum Ask<A: Application> {
    Submit { tag: Tag, command: CommandOf<A> },
    Visit(Visit<A>),
}

/// The host is stopping or has stopped: nothing was submitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host has stopped")]
pub struct Stopped;

/// How the rest of the process speaks to a running host. Cheap to clone.
pub struct Handle<A: Application> {
    asks: mpsc::Sender<Ask<A>>,
    stop: watch::Sender<bool>,
}

impl<A: Application> Handle<A> {
    pub(crate) const fn new(asks: mpsc::Sender<Ask<A>>, stop: watch::Sender<bool>) -> Self {
        Self { asks, stop }
    }

    /// Submits a command; the application will see exactly one event with this tag, unless the host ends before.
    /// Waits while too many others wait.
    ///
    /// # Errors
    /// [`Stopped`]: the command was not submitted.
    pub async fn submit(&self, tag: Tag, command: CommandOf<A>) -> Result<(), Stopped> {
        self.ask(Ask::Submit { tag, command }).await
    }

    /// Runs `visit` inside the loop, between steps, and does not wait for it. What it submits is stepped next: a
    /// server hands over all commands of one read at once, after noting in its application who waits for which tag.
    ///
    /// # Errors
    /// [`Stopped`]: it will not run.
    pub async fn enter(
        &self,
        visit: impl FnOnce(&mut A, &mut Commands<CommandOf<A>>) + Send + 'static,
    ) -> Result<(), Stopped> {
        self.ask(Ask::Visit(Box::new(|_, application, commands| visit(application, commands)))).await
    }

    /// Runs `look` inside the loop, between steps, and answers what it says.
    ///
    /// # Errors
    /// [`Stopped`]: it did not run.
    pub async fn inspect<R: Send + 'static>(
        &self,
        look: impl FnOnce(&A::Machine, &A) -> R + Send + 'static,
    ) -> Result<R, Stopped> {
        let (answer, answered) = oneshot::channel();
        let visit: Visit<A> = Box::new(move |machine, application, _| {
            // Whoever asked may have left.
            let _ = answer.send(look(machine, application));
        });
        self.ask(Ask::Visit(visit)).await?;
        answered.await.map_err(|_| Stopped)
    }

    /// Asks the host to stop: it takes nothing new, does what it was given, waits (for a while) until the application has
    /// nothing pending, syncs, and ends. Returns at once.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    async fn ask(&self, ask: Ask<A>) -> Result<(), Stopped> {
        self.asks.send(ask).await.map_err(|_| Stopped)
    }
}

impl<A: Application> Clone for Handle<A> {
    fn clone(&self) -> Self {
        Self { asks: self.asks.clone(), stop: self.stop.clone() }
    }
}

impl<A: Application> core::fmt::Debug for Handle<A> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}
