//! Standard output and standard error, each written on a thread of its own: whoever does not read them holds up nobody.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// What is kept of messages for a reader that is slow; beyond that they are left out and counted.
const KEPT: usize = 4 << 20;

/// How long a reader of messages may take nothing at all before the end of the program no longer waits for it: a pipe
/// whose other end is forgotten is no reason to hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same after a signal, and where data waits so that what was said before it is shown before it.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);

/// How long a reader of data may take nothing after a signal: one that is slow is to get all of it.
const DATA_PATIENCE: Duration = Duration::from_secs(3);

/// So much is written at once, so that it shows whether somebody reads.
const PIECE: usize = 16 << 10;

/// Data. All of it is kept until it is read.
pub(crate) static OUTPUT: Stream = Stream::new(false);

/// Messages.
pub(crate) static ERROR: Stream = Stream::new(true);

/// One of the two.
pub(crate) struct Stream {
    is_error: bool,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Whether the thread runs.
    started: bool,
    waiting: VecDeque<String>,
    /// The bytes of what waits.
    bytes: usize,
    /// How many pieces were left out since the last one that was taken.
    left_out: usize,
    /// Whether the thread is at a write.
    writing: bool,
    /// How much was written: that it moves shows that somebody reads.
    written: usize,
    /// A signal came.
    hurried: bool,
    /// What went wrong first.
    failure: Option<io::Error>,
}

impl Stream {
    const fn new(is_error: bool) -> Self {
        let state = State {
            started: false,
            waiting: VecDeque::new(),
            bytes: 0,
            left_out: 0,
            writing: false,
            written: 0,
            hurried: false,
            failure: None,
        };
        Self { is_error, state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Writes texts in the order in which they come, at some time.
    pub(crate) fn write(&'static self, text: String) {
        let mut state = self.lock();
        if !state.started {
            let name = if self.is_error { "standard error" } else { "standard output" };
            let thread = std::thread::Builder::new().name(name.to_owned()).spawn(|| self.write_for_ever());
            if thread.is_err() {
                drop(state);
                return self.write_now(&text);
            }
            state.started = true;
        }
        if self.is_error && state.bytes + text.len() > KEPT {
            state.left_out += 1;
            return;
        }
        if let left_out @ 1.. = std::mem::take(&mut state.left_out) {
            let note = format!("({left_out} messages were left out here: nobody read standard error)\n");
            state.bytes += note.len();
            state.waiting.push_back(note);
        }
        state.bytes += text.len();
        state.waiting.push_back(text);
        self.changed.notify_all();
    }

    /// Whether all is written.
    pub(crate) fn is_idle(&self) -> bool {
        let state = self.lock();
        !state.writing && state.waiting.is_empty()
    }

    /// Waits until all is written, but not long for a reader that takes nothing.
    pub(crate) fn settle(&self) {
        self.wait(Some(LITTLE_PATIENCE));
    }

    /// Waits until all is written, at the end: for data as long as it takes, unless a signal came. The error is what went
    /// wrong. A reader that went away is none.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let is_written = self.wait(self.is_error.then_some(PATIENCE));
        match self.lock().failure.take() {
            Some(failure) if failure.kind() != io::ErrorKind::BrokenPipe => Err(failure),
            None if !is_written => Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads it")),
            _ => Ok(()),
        }
    }

    /// A signal came: a reader that takes nothing is not waited for long.
    pub(crate) fn hurry(&self) {
        self.lock().hurried = true;
        self.changed.notify_all();
    }

    fn wait(&self, patience: Option<Duration>) -> bool {
        let mut state = self.lock();
        let (mut since, mut written) = (Instant::now(), state.written);
        while state.writing || !state.waiting.is_empty() {
            if state.written != written {
                (since, written) = (Instant::now(), state.written);
            }
            let hurried = if self.is_error { LITTLE_PATIENCE } else { DATA_PATIENCE };
            let patience = if state.hurried { Some(hurried) } else { patience };
            state = match patience.map(|patience| patience.saturating_sub(since.elapsed())) {
                Some(Duration::ZERO) => return false,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_for_ever(&self) {
        let mut state = self.lock();
        loop {
            let Some(text) = state.waiting.pop_front() else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.writing = true;
            drop(state);
            self.write_now(&text);
            state = self.lock();
            state.writing = false;
            state.bytes -= text.len();
            self.changed.notify_all();
        }
    }

    fn write_now(&self, text: &str) {
        for piece in text.as_bytes().chunks(PIECE) {
            let result = if self.is_error {
                io::stderr().lock().write_all(piece)
            } else {
                let mut output = io::stdout().lock();
                output.write_all(piece).and_then(|()| output.flush())
            };
            let mut state = self.lock();
            state.written += piece.len();
            if let Err(error) = result {
                state.failure.get_or_insert(error);
                return;
            }
            self.changed.notify_all();
        }
    }
}
