//! Progress on standard error: bars on a terminal, lines elsewhere.

mod bars;
mod board;
pub(crate) mod lines;

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::console::Console;
use super::output::headline;
use crate::model::event::{Event, Observer};
use crate::model::report::OrgStatus;
use bars::Bars;
use board::Board;
use lines::Lines;

/// How often bars are painted. Events only note what changed, so that ten thousand of them cost no painting.
const FRAME: Duration = Duration::from_millis(100);

/// How often a summary is written where there are no bars: some CI systems kill a job that is silent for long.
const SUMMARY: Duration = Duration::from_secs(30);

/// How many failures are told one by one above the bars; the bars count them all, and the end tells them.
const TOLD: usize = 20;

/// Shows what happens, until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    shared: Arc<Shared>,
    painter: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    console: Console,
    view: Mutex<View>,
    over: (Mutex<bool>, Condvar),
}

/// What is known, in the form that is shown.
#[derive(Debug)]
enum View {
    Bars(Board, Bars),
    Lines(Lines),
}

impl Progress {
    /// Begins to show progress; `started` is when the process began. `logged` is whether the log tells every event, so
    /// that lines need not; `wait` is how long the run may take in all.
    pub(crate) fn start(console: &Console, started: Instant, logged: bool, wait: Duration) -> Self {
        let (view, every) = if console.streams().bars {
            let bars = Bars::new();
            console.attach(bars.multi());
            (View::Bars(Board::new(started, wait), bars), FRAME)
        } else {
            (View::Lines(Lines::new(started, logged)), SUMMARY)
        };
        let shared = Arc::new(Shared { console: console.clone(), view: Mutex::new(view), over: Default::default() });
        let painter = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("progress".to_owned()).spawn(move || shared.paint_until_over(every)).ok()
        };
        Self { shared, painter }
    }
}

impl Observer for Progress {
    fn observe(&self, event: &Event) {
        let mut view = self.shared.view.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *view {
            View::Bars(board, _) => {
                board.note(event, Instant::now());
                if let Event::OrgFinished { outcome, .. } = event
                    && outcome.status == OrgStatus::Failed
                    && board.failed() <= TOLD
                {
                    self.shared.console.org_failed(&format!("{}: {}", outcome.name, headline::of_org(outcome)));
                }
            }
            View::Lines(lines) => {
                if let Some(line) = lines.note(event, Instant::now()) {
                    self.shared.console.err(&line);
                }
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.shared.over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.over.1.notify_all();
        if let Some(painter) = self.painter.take() {
            let _ = painter.join();
        }
        self.shared.console.detach();
        if let View::Bars(_, bars) = &mut *self.shared.view.lock().unwrap_or_else(PoisonError::into_inner) {
            bars.clear();
        }
    }
}

impl Shared {
    fn paint_until_over(&self, every: Duration) {
        let mut over = self.over.0.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let waited = self.over.1.wait_timeout_while(over, every, |over| !*over);
            over = waited.unwrap_or_else(PoisonError::into_inner).0;
            if *over {
                return;
            }
            match &mut *self.view.lock().unwrap_or_else(PoisonError::into_inner) {
                View::Bars(board, bars) => bars.paint(board, Instant::now()),
                View::Lines(lines) => self.console.err(&lines.summary(Instant::now())),
            }
        }
    }
}
