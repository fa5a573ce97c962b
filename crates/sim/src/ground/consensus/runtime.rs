//! Tasks and timers of a simulated world: tokio on one thread with paused time, in which every task belongs to a replica's life.
//!
//! A life can stand still (its tasks are not polled, its timers ring when it goes on) and end (its tasks are gone at their next
//! wait, as with kill -9). Tasks of no life are the world's own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use openraft_rt::deterministic_rng::DeterministicRng;
use openraft_rt::{AsyncRuntime, OptionalSend};
use openraft_rt_tokio::TokioRuntime;
use tokio::task::AbortHandle;

use super::watch::OrderedWatch;

/// What a host runs on: the tasks of this module, with randomness that follows from the seed.
pub(super) type Runtime = DeterministicRng<SimRuntime>;

tokio::task_local! {
    static LIFE: Life;
}

/// One life of a replica: from its start to its crash.
#[derive(Clone, Debug, Default)]
pub(super) struct Life {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    ended: bool,
    still: bool,
    tasks: Vec<AbortHandle>,
    /// Who wanted to go on while it stood still.
    asleep: Vec<Waker>,
}

impl Life {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it runs or stands still: not ended.
    pub(super) fn goes_on(&self) -> bool {
        !self.lock().ended
    }

    /// Whether it stands still.
    pub(super) fn is_still(&self) -> bool {
        self.lock().still
    }

    /// Stands still until [`Self::go_on`].
    pub(super) fn stand_still(&self) {
        self.lock().still = true;
    }

    /// Goes on: whatever rang meanwhile is heard now.
    pub(super) fn go_on(&self) {
        let asleep = {
            let mut inner = self.lock();
            inner.still = false;
            std::mem::take(&mut inner.asleep)
        };
        for waker in asleep {
            waker.wake();
        }
    }

    /// Ends: every task is gone at its next wait.
    pub(super) fn end(&self) {
        let tasks = {
            let mut inner = self.lock();
            inner.ended = true;
            std::mem::take(&mut inner.tasks)
        };
        for task in tasks {
            task.abort();
        }
    }

    /// Runs a task of this life.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let whole = LIFE.scope(self.clone(), task);
        drop(LIFE.sync_scope(self.clone(), || Runtime::spawn(whole)));
    }

    fn keep(&self, task: AbortHandle) {
        let mut inner = self.lock();
        if inner.ended {
            task.abort();
            return;
        }
        // Long lives spawn many short tasks: those that are done are forgotten now and then.
        if inner.tasks.len() > 64 && inner.tasks.len().is_power_of_two() {
            inner.tasks.retain(|task| !task.is_finished());
        }
        inner.tasks.push(task);
    }
}

/// A task that is not polled while its life stands still.
struct OfLife<F> {
    life: Life,
    task: Pin<Box<F>>,
}

impl<F: Future> Future for OfLife<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        {
            let mut inner = self.life.lock();
            if inner.still {
                inner.asleep.push(context.waker().clone());
                return Poll::Pending;
            }
        }
        self.task.as_mut().poll(context)
    }
}

/// The runtime under [`Runtime`]: without its randomness.
#[derive(Debug)]
pub(super) struct SimRuntime;

impl AsyncRuntime for SimRuntime {
    type JoinError = <TokioRuntime as AsyncRuntime>::JoinError;
    type JoinHandle<T: OptionalSend + 'static> = <TokioRuntime as AsyncRuntime>::JoinHandle<T>;
    type Sleep = <TokioRuntime as AsyncRuntime>::Sleep;
    type Instant = <TokioRuntime as AsyncRuntime>::Instant;
    type TimeoutError = <TokioRuntime as AsyncRuntime>::TimeoutError;
    type Timeout<R, T: Future<Output = R> + OptionalSend> = <TokioRuntime as AsyncRuntime>::Timeout<R, T>;
    type ThreadLocalRng = <TokioRuntime as AsyncRuntime>::ThreadLocalRng;
    type Mpsc = <TokioRuntime as AsyncRuntime>::Mpsc;
    type Watch = OrderedWatch;
    type Oneshot = <TokioRuntime as AsyncRuntime>::Oneshot;
    type Mutex<T: OptionalSend + 'static> = <TokioRuntime as AsyncRuntime>::Mutex<T>;

    fn spawn<T>(task: T) -> Self::JoinHandle<T::Output>
    where
        T: Future + OptionalSend + 'static,
        T::Output: OptionalSend + 'static,
    {
        let Ok(life) = LIFE.try_with(Life::clone) else { return TokioRuntime::spawn(task) };
        let handle = TokioRuntime::spawn(LIFE.scope(life.clone(), OfLife { life: life.clone(), task: Box::pin(task) }));
        life.keep(handle.abort_handle());
        handle
    }

    fn sleep(duration: Duration) -> Self::Sleep {
        TokioRuntime::sleep(duration)
    }

    fn sleep_until(deadline: Self::Instant) -> Self::Sleep {
        TokioRuntime::sleep_until(deadline)
    }

    fn timeout<R, F: Future<Output = R> + OptionalSend>(duration: Duration, future: F) -> Self::Timeout<R, F> {
        TokioRuntime::timeout(duration, future)
    }

    fn timeout_at<R, F: Future<Output = R> + OptionalSend>(deadline: Self::Instant, future: F) -> Self::Timeout<R, F> {
        TokioRuntime::timeout_at(deadline, future)
    }

    fn is_panic(fault: &Self::JoinError) -> bool {
        TokioRuntime::is_panic(fault)
    }

    /// Never reached: [`Runtime`] draws from the seed instead.
    fn thread_rng() -> Self::ThreadLocalRng {
        TokioRuntime::thread_rng()
    }

    fn new(_threads: usize) -> Self {
        Self
    }

    fn block_on<F: Future<Output = T>, T>(&mut self, future: F) -> T {
        futures::executor::block_on(future)
    }
}

/// Runs a whole world on this thread, its time paused and its randomness from `seed`.
///
/// # Errors
/// The thread's runtime cannot be built.
pub fn run<T>(seed: u64, world: impl Future<Output = T>) -> std::io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?;
    Ok(runtime.block_on(Runtime::scope(seed, world)))
}
