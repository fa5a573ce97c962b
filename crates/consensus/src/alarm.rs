//! Remembers the first store fault, which openraft would only pass on as text.

use std::io;
use std::sync::{Arc, OnceLock};

use domain::store::StoreFault;

/// Rung once, by whoever meets a fault first; the group stops after it.
#[derive(Clone, Debug, Default)]
pub struct Alarm {
    fault: Arc<OnceLock<StoreFault>>,
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

    /// The first fault.
    pub(crate) fn fault(&self) -> Option<StoreFault> {
        self.fault.get().cloned()
    }
}
