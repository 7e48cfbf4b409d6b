//! The thread that does all waits of the process: it sleeps until a wait's descriptor is readable, and steps that wait.
//!
//! A step on a network or FUSE mount can take as long as the server takes to answer. So each such mount has its own
//! thread while there are waits on it, and a server that does not answer delays only the waits on its own mount.

use std::collections::HashMap;
use std::io;
use std::os::fd::AsFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use polling::{Event, Events, Poller};
use ralph_lock::{LockError, Waiter};

use crate::environment::Environment;
use crate::mount;
use crate::values::Failure;
use crate::wait::Job;

/// A message to a thread of this module.
#[derive(Clone)]
enum Message {
    Begin(Arc<Job>),
    Cancel(i64),
    Close(Environment, Sender<()>),
}

/// A thread of this module, as others see it: they put messages into its inbox and wake it.
struct Thread {
    poller: Poller,
    /// None once the thread has ended.
    inbox: Mutex<Option<Vec<Message>>>,
}

/// The thread for local file systems. It starts with the first wait and stays.
static LOCAL: Mutex<Option<Arc<Thread>>> = Mutex::new(None);

pub(crate) fn begin(job: Job) {
    let job = Arc::new(job);
    match local() {
        Ok(thread) => drop(thread.tell(Message::Begin(job))),
        Err(error) => job.settle(Err(no_thread(&error))),
    }
}

pub(crate) fn cancel(wait: i64) {
    tell_local(Message::Cancel(wait));
}

/// Ends the waits of an environment before its locks are released: otherwise a wait would take one of them, and the
/// process could end before the wait does.
pub(crate) fn close(environment: Environment) {
    let (done, is_done) = channel();
    tell_local(Message::Close(environment, done));
    // Local waits end at once. This thread must end even if that does not happen.
    let _ = is_done.recv_timeout(GRACE);
}

fn local() -> io::Result<Arc<Thread>> {
    let mut local = LOCAL.lock().unwrap_or_else(PoisonError::into_inner);
    match &*local {
        Some(thread) => Ok(thread.clone()),
        None => Ok(local.insert(Thread::start(Some(Mounts::default()))?).clone()),
    }
}

fn tell_local(message: Message) {
    let thread = LOCAL.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(thread) = thread {
        thread.tell(message);
    }
}

fn no_thread(error: &io::Error) -> Failure {
    let message = format!("cannot wait, because there is no thread or descriptor left: {error}");
    Failure { os_code: error.raw_os_error().unwrap_or(0), ..Failure::of("RALPH_LOCK_IO", message) }
}

impl Thread {
    /// `mounts`: only for the thread that does the local waits.
    fn start(mounts: Option<Mounts>) -> io::Result<Arc<Thread>> {
        let thread = Arc::new(Thread { poller: Poller::new()?, inbox: Mutex::new(Some(Vec::new())) });
        let mut loops = Waits { thread: thread.clone(), mounts, waits: HashMap::new() };
        thread::Builder::new().name("ralph-lock".to_owned()).spawn(move || while loops.turn() {})?;
        Ok(thread)
    }

    /// False: the thread has ended.
    fn tell(&self, message: Message) -> bool {
        match &mut *self.inbox() {
            Some(messages) => messages.push(message),
            None => return false,
        }
        // It fails only if the thread has already been told.
        let _ = self.poller.notify();
        true
    }

    fn inbox(&self) -> MutexGuard<'_, Option<Vec<Message>>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads of the mounts that are not local, and their waits. A thread ends its waits at their deadlines. While it
/// is stuck in a step, they are ended here, a second later.
#[derive(Default)]
struct Mounts {
    threads: HashMap<String, Arc<Thread>>,
    waits: HashMap<i64, Weak<Job>>,
}

/// How long to wait for a thread that may be blocked.
const GRACE: Duration = Duration::from_secs(1);

impl Mounts {
    fn begin(&mut self, device: String, job: Arc<Job>) {
        self.waits.insert(job.number, Arc::downgrade(&job));
        if self.threads.get(&device).is_some_and(|thread| thread.tell(Message::Begin(job.clone()))) {
            return;
        }
        match Thread::start(None) {
            Ok(thread) => {
                thread.tell(Message::Begin(job));
                self.threads.insert(device, thread);
            }
            Err(error) => job.settle(Err(no_thread(&error))),
        }
    }

    /// Its thread may be blocked in a step, so the promise is settled here.
    fn cancel(&mut self, wait: i64) {
        if let Some(job) = self.waits.remove(&wait).and_then(|job| job.upgrade()) {
            job.settle(Err(Failure::cancelled()));
        }
        self.tell(&Message::Cancel(wait));
    }

    /// Ends the waits whose time is over, and returns the time until the next deadline.
    fn expire(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let mut next = None;
        self.waits.retain(|_, job| {
            let Some(job) = job.upgrade() else {
                return false;
            };
            let left = job.deadline.map(|deadline| (deadline + GRACE).saturating_duration_since(now));
            if left == Some(Duration::ZERO) {
                job.settle(Err(Failure::unanswered(&job.target)));
                return false;
            }
            next = next.into_iter().chain(left).min();
            true
        });
        next
    }

    fn tell(&mut self, message: &Message) {
        self.threads.retain(|_, thread| thread.tell(message.clone()));
    }
}

/// The waits of a thread.
struct Waits {
    thread: Arc<Thread>,
    mounts: Option<Mounts>,
    /// By number, which is the key of its events.
    waits: HashMap<i64, (Arc<Job>, Waiter)>,
}

impl Waits {
    /// Sleeps, then handles events. False: the thread is no longer needed.
    fn turn(&mut self) -> bool {
        let mut events = Events::new();
        let limit = self.mounts.as_mut().and_then(Mounts::expire);
        if let Err(error) = self.thread.poller.wait(&mut events, limit) {
            self.waits.drain().for_each(|(_, (job, _))| job.settle(Err(no_thread(&error))));
        }
        for event in events.iter() {
            self.step(event.key as i64);
        }
        let messages = self.thread.inbox().as_mut().map(std::mem::take).unwrap_or_default();
        for message in messages {
            match message {
                Message::Begin(job) => self.place(job),
                Message::Cancel(wait) => self.cancel(wait),
                Message::Close(environment, done) => self.close(environment, &done),
            }
        }
        !self.ends()
    }

    /// A mount's thread ends with its last wait.
    fn ends(&self) -> bool {
        let mut inbox = self.thread.inbox();
        let ends = self.mounts.is_none() && self.waits.is_empty() && inbox.as_ref().is_none_or(Vec::is_empty);
        if ends {
            *inbox = None;
        }
        ends
    }

    /// Begins a wait in the responsible thread.
    fn place(&mut self, job: Arc<Job>) {
        if let Some(mounts) = &mut self.mounts {
            let lock_file = job.target.root.path().join(job.target.lock_file());
            if let Some(device) = mount::of_others(&lock_file) {
                return mounts.begin(device, job);
            }
        }
        if !job.is_settled() {
            self.begin(job);
        }
    }

    fn begin(&mut self, job: Arc<Job>) {
        let begun = careful(&job, || {
            let mut waiter = Waiter::new(job.target.root.path(), &job.prompt, &job.options())?;
            let guard = waiter.step()?;
            Ok((waiter, guard))
        });
        match begun {
            Ok((waiter, None)) => self.watch(job, waiter),
            // Nothing of the wait is left when its promise is settled.
            Ok((waiter, Some(guard))) => {
                drop(waiter);
                job.settle(Ok(guard));
            }
            Err(failure) => job.settle(Err(failure)),
        }
    }

    fn watch(&mut self, job: Arc<Job>, waiter: Waiter) {
        match add(&self.thread.poller, &waiter, job.number) {
            Ok(()) => drop(self.waits.insert(job.number, (job, waiter))),
            Err(error) => job.settle(Err(no_thread(&error))),
        }
    }

    fn step(&mut self, wait: i64) {
        let Some((job, waiter)) = self.waits.get_mut(&wait) else {
            return;
        };
        let end = match careful(job, || waiter.step()) {
            Ok(None) => match self.thread.poller.modify(waiter.as_fd(), event(wait)) {
                Ok(()) => return,
                Err(error) => Err(no_thread(&error)),
            },
            Ok(Some(guard)) => Ok(guard),
            Err(failure) => Err(failure),
        };
        if let Some(job) = self.remove(wait) {
            job.settle(end);
        }
    }

    fn cancel(&mut self, wait: i64) {
        if let Some(job) = self.remove(wait) {
            job.settle(Err(Failure::cancelled()));
        } else if let Some(mounts) = &mut self.mounts {
            mounts.cancel(wait);
        }
    }

    fn close(&mut self, environment: Environment, done: &Sender<()>) {
        let its = |(wait, (job, _)): (&i64, &(Arc<Job>, Waiter))| (job.environment == environment).then_some(*wait);
        for wait in self.waits.iter().filter_map(its).collect::<Vec<_>>() {
            self.remove(wait);
        }
        if let Some(mounts) = &mut self.mounts {
            mounts.tell(&Message::Close(environment, done.clone()));
            let _ = done.send(());
        }
    }

    fn remove(&mut self, wait: i64) -> Option<Arc<Job>> {
        let (job, waiter) = self.waits.remove(&wait)?;
        let _ = self.thread.poller.delete(waiter.as_fd());
        Some(job)
    }
}

/// A panic ends only its own wait.
fn careful<T>(job: &Job, work: impl FnOnce() -> Result<T, LockError>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| Failure::new(&job.target.root, &error)),
        Err(_) => Err(Failure::panic()),
    }
}

/// A one-shot event: it is reported once, until `modify` asks for it again.
fn event(wait: i64) -> Event {
    Event::readable(wait as usize)
}

#[allow(unsafe_code)]
fn add(poller: &Poller, waiter: &Waiter, wait: i64) -> io::Result<()> {
    // SAFETY: a waiter is in `waits` while it is in the poller, and `remove`, or the end of the poller, takes it out
    // of both.
    unsafe { poller.add(&waiter.as_fd(), event(wait)) }
}
