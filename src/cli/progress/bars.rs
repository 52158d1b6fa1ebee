//! Bars on a terminal: one for the whole run, a line for each org that waits.

use std::fmt::Write;
use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};
use terminal_size::terminal_size_of;

use super::board::Board;
use crate::cli::stream::ERROR;

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
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Terminal::default()), FRAMES);
        let multi = MultiProgress::with_draw_target(target);
        let whole = multi.add(ProgressBar::new(0).with_style(style("{bar:24.green/dim} {wide_msg}")));
        Self { multi, whole, lines: Vec::new() }
    }

    /// Paints what is known `now`, if the terminal takes what was painted before.
    pub(super) fn paint(&mut self, board: &Board, now: Instant) {
        if !ERROR.is_idle() {
            return;
        }
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

/// The terminal at standard error: a frame is put together, then handed on, and nobody waits until it is shown.
#[derive(Debug, Default)]
struct Terminal {
    frame: Mutex<String>,
}

impl Terminal {
    fn add(&self, text: std::fmt::Arguments<'_>) {
        let _ = self.frame.lock().unwrap_or_else(PoisonError::into_inner).write_fmt(text);
    }

    /// Moves the cursor, by a sequence of ECMA-48 (8.3, CUU to CUB).
    fn go(&self, by: usize, direction: char) {
        if by > 0 {
            self.add(format_args!("\u{1b}[{by}{direction}"));
        }
    }
}

impl TermLike for Terminal {
    fn width(&self) -> u16 {
        terminal_size_of(io::stderr()).map_or(80, |(width, _)| width.0)
    }

    fn height(&self) -> u16 {
        terminal_size_of(io::stderr()).map_or(24, |(_, height)| height.0)
    }

    fn move_cursor_up(&self, by: usize) -> io::Result<()> {
        self.go(by, 'A');
        Ok(())
    }

    fn move_cursor_down(&self, by: usize) -> io::Result<()> {
        self.go(by, 'B');
        Ok(())
    }

    fn move_cursor_right(&self, by: usize) -> io::Result<()> {
        self.go(by, 'C');
        Ok(())
    }

    fn move_cursor_left(&self, by: usize) -> io::Result<()> {
        self.go(by, 'D');
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.add(format_args!("{text}\n"));
        Ok(())
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(format_args!("{text}"));
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        self.add(format_args!("\r\u{1b}[2K"));
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        let frame = std::mem::take(&mut *self.frame.lock().unwrap_or_else(PoisonError::into_inner));
        if !frame.is_empty() {
            ERROR.write(frame);
        }
        Ok(())
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}
