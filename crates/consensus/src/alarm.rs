//! Remembers why the group stops: the first store fault, which openraft would only pass on as text, that this voter is not the
//! one that voted before, or that the unit's neighbours know another history.

use std::io;
use std::sync::{Arc, OnceLock};

use domain::store::StoreFault;
use futures::channel::mpsc;

use crate::standing::Reverted;

/// Rung once, by whoever meets a fault first; the group stops after it.
#[derive(Clone, Debug, Default)]
pub struct Alarm {
    fault: Arc<OnceLock<StoreFault>>,
    reverted: Arc<OnceLock<Reverted>>,
    disowned: Arc<OnceLock<String>>,
    /// Wakes who shuts the group down; one word is enough.
    woken: Option<mpsc::UnboundedSender<()>>,
}

impl Alarm {
    /// Keeps the fault, if it is the first, and gives openraft the error that stops the group.
    pub(crate) fn ring(&self, fault: StoreFault) -> io::Error {
        let error = io::Error::other(fault.to_string());
        if self.fault.set(fault).is_ok() {
            tracing::error!(%error, "the group stops");
        }
        error
    }

    /// An alarm, and what wakes whoever has to shut the group down when [`Self::revert`] is called.
    pub(crate) fn watched() -> (Self, mpsc::UnboundedReceiver<()>) {
        let (woken, receiver) = mpsc::unbounded();
        (Self { woken: Some(woken), ..Self::default() }, receiver)
    }

    /// This replica must not vote any more.
    pub(crate) fn revert(&self, why: &Reverted) {
        if self.reverted.set(why.clone()).is_ok() {
            tracing::error!(%why, "the group stops");
        }
        if let Some(woken) = &self.woken {
            // Nobody listens any more once the group has ended.
            drop(woken.unbounded_send(()));
        }
    }

    /// Why this replica must not vote any more, if so.
    pub(crate) fn reverted(&self) -> Option<Reverted> {
        self.reverted.get().cloned()
    }

    /// The unit's neighbours know another history than the one here.
    pub(crate) fn disown(&self, why: String) {
        if self.disowned.set(why.clone()).is_ok() {
            tracing::error!(%why, "the group stops");
        }
    }

    /// Why the unit's neighbours know another history, if so.
    pub(crate) fn disowned(&self) -> Option<String> {
        self.disowned.get().cloned()
    }

    /// The first fault.
    pub(crate) fn fault(&self) -> Option<StoreFault> {
        self.fault.get().cloned()
    }
}
