//! Progress on standard error: bars on a terminal, lines elsewhere.

mod bars;
mod board;
pub(crate) mod lines;

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::console::Console;
use super::format_duration::format_duration;
use super::output::headline;
use crate::model::event::{Event, Observer};
use crate::model::report::OrgStatus;
use bars::Bars;
use board::Board;

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
    /// Whether the log tells every event anyhow.
    logged: bool,
    view: Mutex<View>,
    over: (Mutex<bool>, Condvar),
}

/// What is known, and what draws it on a terminal.
#[derive(Debug)]
struct View {
    board: Board,
    bars: Option<Bars>,
}

impl Progress {
    /// Begins to show progress; `started` is when the process began. `logged` is whether the log tells every event, so
    /// that lines need not; `wait` is how long the run may take in all.
    pub(crate) fn start(console: &Console, started: Instant, logged: bool, wait: Duration) -> Self {
        let bars = console.streams.bars.then(Bars::new);
        let every = if bars.is_some() { FRAME } else { SUMMARY };
        if let Some(bars) = &bars {
            console.attach(bars.multi.clone());
        }
        let view = Mutex::new(View { board: Board::new(started, wait), bars });
        let shared = Arc::new(Shared { console: console.clone(), logged, view, over: Default::default() });
        let painter = {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new().name("progress".to_owned()).spawn(move || shared.paint_until_over(every)).ok()
        };
        Self { shared, painter }
    }
}

impl Observer for Progress {
    fn observe(&self, event: &Event) {
        let View { board, bars } = &mut *self.shared.view.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_news = board.note(event, now);
        match event {
            _ if bars.is_none() && is_news && !self.shared.logged => {
                self.shared.console.err(&stamped(board, &lines::sentence(event), now));
            }
            Event::OrgFinished { outcome, .. }
                if bars.is_some() && outcome.status == OrgStatus::Failed && board.failed() <= TOLD =>
            {
                self.shared.console.org_failed(&format!("{}: {}", outcome.name, headline::of_org(outcome)));
            }
            _ => {}
        }
    }
}

/// A line of ours begins with the time, never with foreign text.
fn stamped(board: &Board, text: &str, now: Instant) -> String {
    format!("[{}] {text}\n", format_duration(board.elapsed(now)))
}

impl Drop for Progress {
    fn drop(&mut self) {
        *self.shared.over.0.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.shared.over.1.notify_all();
        if let Some(painter) = self.painter.take() {
            let _ = painter.join();
        }
        self.shared.console.detach();
        self.shared.view.lock().unwrap_or_else(PoisonError::into_inner).bars.iter_mut().for_each(Bars::clear);
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
            let View { board, bars } = &mut *self.view.lock().unwrap_or_else(PoisonError::into_inner);
            match bars {
                Some(bars) => bars.paint(board, Instant::now()),
                None => self.console.err(&stamped(board, &board.summary(), Instant::now())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::samples;
    use crate::model::cause::CauseCode;
    use crate::model::org::OrgName;

    fn waiting(index: usize, code: CauseCode) -> Event {
        Event::OrgWaiting {
            index,
            username: OrgName::new("test-a@example.com").unwrap(),
            cause: samples::cause(code, samples::HOSTILE, ""),
            next_in: Duration::from_secs(3),
        }
    }

    #[test]
    fn a_change_is_told_and_a_repetition_is_not() {
        let start = Instant::now();
        let mut board = Board::new(start, Duration::ZERO);
        assert!(board.note(&waiting(0, CauseCode::NotReplicated), start));
        assert!(!board.note(&waiting(0, CauseCode::NotReplicated), start));
        assert!(board.note(&waiting(0, CauseCode::Unreachable), start));
        assert!(board.note(&waiting(1, CauseCode::Unreachable), start));
    }

    #[test]
    fn lines_begin_with_the_time_whatever_a_server_said() {
        let start = Instant::now();
        let (board, event) = (Board::new(start, Duration::ZERO), waiting(0, CauseCode::NotReplicated));
        let line = stamped(&board, &lines::sentence(&event), start + Duration::from_secs(12));
        assert!(line.starts_with("[12 s] test-a@example.com: not replicated: no <b>"), "{line}");
        assert!(line.ends_with("(x.scratch.my.salesforce.com); next try in 3.0 s\n"), "{line}");
    }

    #[test]
    fn the_summary_counts_what_is_waited_for() {
        let start = Instant::now();
        let mut board = Board::new(start, Duration::ZERO);
        board.note(&Event::Started { orgs: 60 }, start);
        board.note(&waiting(1, CauseCode::Creating), start);
        board.note(&waiting(2, CauseCode::NotReplicated), start);
        board.note(&waiting(3, CauseCode::NotReplicated), start);
        let outcome = samples::all_ready().report().unwrap().orgs[0].clone();
        let finished = Event::OrgFinished { index: 0, outcome };
        assert!(board.note(&finished, start));
        let line = stamped(&board, &lines::sentence(&finished), start);
        assert_eq!(line, "[0.00 s] test-a@example.com: ready (4 attempts, 6.1 s)\n");
        assert_eq!(board.summary(), "1 of 60 ready, 3 waiting (1 creating, 2 not_replicated)");
    }
}
