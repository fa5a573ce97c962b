//! What a link has done, as plain counters that the node's metrics read. They only rise, and start at zero with the process.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::fault::Refusal;

macro_rules! counters {
    ($($(#[$doc:meta])+ $name:ident),+ $(,)?) => {
        /// Counters of one endpoint.
        #[derive(Debug, Default)]
        pub struct Counters {
            $(pub(crate) $name: AtomicU64,)+
            refused: [AtomicU64; Refusal::ALL.len()],
        }

        impl Counters {
            $($(#[$doc])+
            pub fn $name(&self) -> u64 {
                self.$name.load(Ordering::Relaxed)
            })+
        }
    };
}

counters! {
    /// Connections that this node dialed and that were let in.
    connections_dialed,
    /// Connections of others that were let in.
    connections_accepted,
    /// Dials that failed, for whatever reason.
    dials_failed,
    /// Frames sent, requests and answers.
    frames_sent,
    /// Frames received, requests and answers.
    frames_received,
    /// Bytes of those frames.
    bytes_sent,
    /// Bytes of those frames.
    bytes_received,
    /// Streams on which answers were dropped because the peer gave up.
    streams_cancelled,
}

impl Counters {
    /// How often this endpoint has refused for a reason.
    pub fn refused(&self, reason: Refusal) -> u64 {
        self.refused[reason as usize].load(Ordering::Relaxed)
    }

    pub(crate) fn refuse(&self, reason: Refusal) {
        one_more(&self.refused[reason as usize]);
    }

    pub(crate) fn sent(&self, bytes: usize) {
        one_more(&self.frames_sent);
        self.bytes_sent.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn received(&self, bytes: usize) {
        one_more(&self.frames_received);
        self.bytes_received.fetch_add(bytes as u64, Ordering::Relaxed);
    }
}

pub(crate) fn one_more(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
