//! Who waits for something to change at this replica.

use std::sync::{Mutex, PoisonError};

use futures::channel::oneshot;

/// Waits of this replica, woken all at once: each looks for itself whether it was meant.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    waiting: Mutex<Vec<oneshot::Sender<()>>>,
}

impl Waiting {
    /// Ready once [`Self::wake`] is called after this call.
    pub(crate) fn wait(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        // Whoever gave up waiting is forgotten here, so that the list is no longer than the waits.
        waiting.retain(|sender| !sender.is_canceled());
        waiting.push(sender);
        receiver
    }

    /// Wakes everybody.
    pub(crate) fn wake(&self) {
        let waiting = std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        for sender in waiting {
            // Gone meanwhile.
            let _gone = sender.send(());
        }
    }
}
