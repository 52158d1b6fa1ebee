//! Standard error, written on a thread of its own: whoever does not read it holds up nobody.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use indicatif::MultiProgress;

/// What is kept for a reader that is slow; beyond that, lines are left out and counted.
const KEPT: usize = 4 << 20;

/// How long a reader may take nothing at all before the end of the program no longer waits for it: a pipe whose other
/// end is forgotten is no reason to hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// The same after a signal, and where standard output waits so that what was said before it is shown before it.
const LITTLE_PATIENCE: Duration = Duration::from_secs(1);

/// The process has one.
static QUEUE: LazyLock<Queue> = LazyLock::new(Queue::default);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Whether the thread runs.
    started: bool,
    waiting: VecDeque<(String, Option<MultiProgress>)>,
    /// The bytes of what waits.
    bytes: usize,
    /// How many pieces were left out since the last one that was taken.
    left_out: usize,
    /// Whether the thread is at a write.
    writing: bool,
    /// How much was written: that it moves shows that somebody reads.
    written: u64,
    hurried: bool,
}

/// Writes `lines` in the order in which they come, above `bars` where some are drawn.
pub(crate) fn write(lines: String, bars: Option<MultiProgress>) {
    let mut state = state();
    if !state.started {
        let thread = std::thread::Builder::new().name("standard error".to_owned()).spawn(write_for_ever);
        if thread.is_err() {
            return write_now(&lines, bars.as_ref());
        }
        state.started = true;
    }
    if state.bytes + lines.len() > KEPT {
        state.left_out += 1;
        return;
    }
    if let left_out @ 1.. = std::mem::take(&mut state.left_out) {
        let note = format!("({left_out} messages were left out here: nobody read standard error)\n");
        state.bytes += note.len();
        state.waiting.push_back((note, bars.clone()));
    }
    state.bytes += lines.len();
    state.waiting.push_back((lines, bars));
    QUEUE.changed.notify_all();
}

/// Waits until all is written, but not long for a reader that takes nothing.
pub(crate) fn settle() {
    wait(LITTLE_PATIENCE);
}

/// The same at the end of the program.
pub(crate) fn finish() {
    wait(PATIENCE);
}

/// A signal came: a reader that takes nothing is not waited for long.
pub(crate) fn hurry() {
    state().hurried = true;
    QUEUE.changed.notify_all();
}

fn wait(patience: Duration) {
    let mut state = state();
    let (mut since, mut written) = (Instant::now(), state.written);
    while state.writing || !state.waiting.is_empty() {
        if state.written != written {
            (since, written) = (Instant::now(), state.written);
        }
        let patience = if state.hurried { LITTLE_PATIENCE } else { patience };
        let left = patience.saturating_sub(since.elapsed());
        if left.is_zero() {
            return;
        }
        state = QUEUE.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn state() -> MutexGuard<'static, State> {
    QUEUE.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn write_for_ever() {
    let mut state = state();
    loop {
        let Some((lines, bars)) = state.waiting.pop_front() else {
            state = QUEUE.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            continue;
        };
        state.writing = true;
        drop(state);
        write_now(&lines, bars.as_ref());
        state = self::state();
        state.writing = false;
        state.bytes -= lines.len();
        state.written += 1;
        QUEUE.changed.notify_all();
    }
}

/// Nobody is left to be told if that fails.
fn write_now(lines: &str, bars: Option<&MultiProgress>) {
    // They are painted again at the next frame. Not `suspend`: it panics where the terminal is gone.
    if let Some(bars) = bars {
        let _ = bars.clear();
    }
    let _ = io::stderr().lock().write_all(lines.as_bytes());
}
