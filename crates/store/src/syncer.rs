//! The one thread that syncs for all groups: whoever waits when it starts is done when it ends.
//!
//! Whatever was written before [`Syncer::wait_for`] was called is covered by the next sync. While one sync runs, the next
//! waiters gather: the slower the disk, the more share one. All callbacks run on this thread, in the order of the calls.
//!
//! The queue holds one boxed callback for each append or vote under way, which `consensus` bounds; the bytes themselves are in
//! the write-ahead log already.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use domain::store::StoreFault;
use protocol::seam::Synced;

/// Called once with what broke the store.
pub(crate) type OnFault = Box<dyn FnOnce(StoreFault) + Send>;

/// Syncs for everybody, until a sync fails: then for nobody any more.
pub(crate) struct Syncer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    syncs: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Synced>,
    fault: Option<StoreFault>,
    on_fault: Vec<OnFault>,
    stopping: bool,
}

impl Syncer {
    /// Starts the thread. `sync` brings everything written so far to the disk.
    pub(crate) fn start(sync: impl FnMut() -> Result<(), StoreFault> + Send + 'static) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("store sync".to_owned()).spawn(move || of_thread.run(sync))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Calls `synced` after the next sync, or with the fault that broke the store.
    pub(crate) fn wait_for(&self, synced: Synced) {
        self.shared.lock().waiting.push(synced);
        self.shared.wake.notify_one();
    }

    /// Why the store is broken, if it is.
    pub(crate) fn check(&self) -> Result<(), StoreFault> {
        self.shared.lock().fault.clone().map_or(Ok(()), Err)
    }

    /// Breaks the store: everybody who waits, and everybody who calls from now on, is told `fault`.
    pub(crate) fn poison(&self, fault: StoreFault) {
        self.shared.lock().fault.get_or_insert(fault);
        self.shared.wake.notify_one();
    }

    /// Registers who is told when the store breaks; at once when it is broken.
    pub(crate) fn on_fault(&self, call: OnFault) {
        self.shared.lock().on_fault.push(call);
        self.shared.wake.notify_one();
    }

    /// Syncs so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.shared.syncs.load(Ordering::Relaxed)
    }
}

impl Drop for Syncer {
    /// Syncs once more, so that a clean stop has nothing to make up for at the next start.
    fn drop(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.wake.notify_one();
        // The last handle may die in a callback, on the thread itself: it then ends by itself.
        let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id())
        else {
            return;
        };
        if thread.join().is_err() {
            tracing::error!("the thread that syncs the store panicked");
        }
    }
}

impl Shared {
    // The queue is whole whenever the lock is free: no code of others runs under it.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut sync: impl FnMut() -> Result<(), StoreFault>) {
        loop {
            let (waiting, stopping, fault) = self.next_round();
            let answer = match fault {
                Some(fault) => Err(fault),
                None => self.sync_once(&mut sync),
            };
            for synced in waiting {
                self.call(|| synced(answer.clone()));
            }
            self.tell_fault();
            if stopping {
                return;
            }
        }
    }

    fn next_round(&self) -> (Vec<Synced>, bool, Option<StoreFault>) {
        let idle = |queue: &mut Queue| {
            let to_tell = queue.fault.is_some() && !queue.on_fault.is_empty();
            queue.waiting.is_empty() && !queue.stopping && !to_tell
        };
        let mut queue = self.wake.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut queue.waiting), queue.stopping, queue.fault.clone())
    }

    fn sync_once(&self, sync: &mut impl FnMut() -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        let answer = sync();
        match &answer {
            Ok(()) => {
                self.syncs.fetch_add(1, Ordering::Relaxed);
            }
            // Before anybody is told, so that nobody who is told can still write.
            Err(fault) => {
                self.lock().fault.get_or_insert(fault.clone());
            }
        }
        answer
    }

    fn tell_fault(&self) {
        let mut queue = self.lock();
        let Some(fault) = queue.fault.clone() else { return };
        let on_fault = std::mem::take(&mut queue.on_fault);
        drop(queue);
        for call in on_fault {
            self.call(|| call(fault.clone()));
        }
    }

    /// A callback that panics has broken its group's order; the others must not wait for ever because of it.
    fn call(&self, callback: impl FnOnce()) {
        if catch_unwind(AssertUnwindSafe(callback)).is_err() {
            let fault = StoreFault::Device("a callback of the store panicked".to_owned());
            self.lock().fault.get_or_insert(fault);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn failed() -> StoreFault {
        StoreFault::Device("sync: no".to_owned())
    }

    /// A disk whose every sync waits for leave and ends as told.
    fn gated() -> (Syncer, mpsc::Receiver<()>, mpsc::Sender<Result<(), StoreFault>>) {
        let (started, starts) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        let sync = move || {
            started.send(()).unwrap();
            // The gate's sender is gone at the end of a test: the last sync may end as it likes.
            answers.recv().unwrap_or(Ok(()))
        };
        (Syncer::start(sync).unwrap(), starts, answer)
    }

    fn named<T: Send + 'static>(
        to: &mpsc::Sender<(T, Result<(), StoreFault>)>,
        name: T,
    ) -> Box<dyn FnOnce(Result<(), StoreFault>) + Send> {
        let to = to.clone();
        Box::new(move |answer| to.send((name, answer)).unwrap())
    }

    #[test]
    fn who_waits_during_a_sync_shares_the_next_one_in_order() {
        let (syncer, starts, answer) = gated();
        let (to, told) = mpsc::channel();
        syncer.wait_for(named(&to, 0));
        starts.recv().unwrap();
        for name in 1..=5 {
            syncer.wait_for(named(&to, name));
        }
        assert!(told.try_recv().is_err(), "told before the sync ended");
        answer.send(Ok(())).unwrap();
        assert_eq!(told.recv().unwrap(), (0, Ok(())));
        starts.recv().unwrap();
        assert!(told.try_recv().is_err(), "told before the second sync ended");
        answer.send(Ok(())).unwrap();
        for name in 1..=5 {
            assert_eq!(told.recv().unwrap(), (name, Ok(())));
        }
        assert_eq!(syncer.syncs(), 2);
        drop(answer);
    }

    #[test]
    fn after_a_failed_sync_everybody_is_told_and_nothing_is_synced_again() {
        let (syncer, starts, answer) = gated();
        let (to, told) = mpsc::channel();
        let (stop, stopped) = mpsc::channel();
        let late = stop.clone();
        syncer.on_fault(Box::new(move |fault| stop.send(fault).unwrap()));
        syncer.wait_for(named(&to, "first"));
        starts.recv().unwrap();
        syncer.wait_for(named(&to, "meanwhile"));
        assert_eq!(syncer.check(), Ok(()));
        answer.send(Err(failed())).unwrap();
        assert_eq!(told.recv().unwrap(), ("first", Err(failed())));
        assert_eq!(told.recv().unwrap(), ("meanwhile", Err(failed())));
        assert_eq!(stopped.recv().unwrap(), failed());
        assert_eq!(syncer.check(), Err(failed()));
        syncer.wait_for(named(&to, "later"));
        assert_eq!(told.recv().unwrap(), ("later", Err(failed())));
        syncer.on_fault(Box::new(move |fault| late.send(fault).unwrap()));
        assert_eq!(stopped.recv().unwrap(), failed(), "who registers late is told at once");
        drop(syncer);
        assert!(starts.try_recv().is_err(), "synced again");
    }

    #[test]
    fn a_stop_syncs_once_more_and_tells_who_waits() {
        let (syncer, _starts, answer) = gated();
        let (to, told) = mpsc::channel();
        answer.send(Ok(())).unwrap();
        answer.send(Ok(())).unwrap();
        syncer.wait_for(named(&to, ()));
        drop(syncer);
        assert_eq!(told.try_recv().unwrap(), ((), Ok(())));
    }

    #[test]
    fn a_panic_in_a_callback_breaks_the_store_and_not_the_thread() {
        let syncer = Syncer::start(|| Ok(())).unwrap();
        let (stop, stopped) = mpsc::channel();
        syncer.on_fault(Box::new(move |fault| stop.send(fault).unwrap()));
        syncer.wait_for(Box::new(|_| panic!("on purpose")));
        assert!(stopped.recv().unwrap().to_string().contains("panicked"));
        let (to, told) = mpsc::channel();
        syncer.wait_for(named(&to, ()));
        assert!(told.recv().unwrap().1.is_err());
    }
}
