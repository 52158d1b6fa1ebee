//! Bars on a terminal: one for the whole run, a line for each org that waits.

use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::board::Board;

/// How often at most the terminal is written to, a second.
const FRAMES: u8 = 20;

/// The bars.
#[derive(Debug)]
pub(super) struct Bars {
    /// What draws them, for those who write above them.
    pub(super) multi: MultiProgress,
    whole: ProgressBar,
    lines: Vec<ProgressBar>,
}

impl Bars {
    /// Bars on standard error.
    pub(super) fn new() -> Self {
        let multi = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(FRAMES));
        let whole = multi.add(ProgressBar::new(0).with_style(style("{bar:24.green/dim} {wide_msg}")));
        Self { multi, whole, lines: Vec::new() }
    }

    /// Paints what is known `now`.
    pub(super) fn paint(&mut self, board: &Board, now: Instant) {
        let (done, total) = board.done();
        self.whole.set_length(total.max(1) as u64);
        self.whole.set_position(done as u64);
        self.whole.set_message(board.headline(now));
        let lines = board.lines(now);
        while self.lines.len() > lines.len() {
            if let Some(line) = self.lines.pop() {
                line.finish_and_clear();
                self.multi.remove(&line);
            }
        }
        while self.lines.len() < lines.len() {
            self.lines.push(self.multi.add(ProgressBar::new_spinner().with_style(style("  {wide_msg:.dim}"))));
        }
        for (line, text) in self.lines.iter().zip(lines) {
            line.set_message(text);
        }
    }

    /// Takes everything off the terminal.
    pub(super) fn clear(&mut self) {
        for line in self.lines.drain(..) {
            line.finish_and_clear();
        }
        self.whole.finish_and_clear();
        let _ = self.multi.clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
