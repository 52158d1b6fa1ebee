//! SIGINT, SIGTERM and SIGHUP: the first ends the run in good order, the second ends the process.

use std::io;
#[cfg(unix)]
use std::path::Path;
use std::sync::{OnceLock, mpsc};

use tokio::runtime;
use tokio_util::sync::CancellationToken;

use super::ending::Signal;
use super::stream::{ERROR, OUTPUT};
#[cfg(unix)]
use crate::files::Reading;

/// The process has one.
static FIRST: OnceLock<Signal> = OnceLock::new();

/// Listens for signals, on a thread of its own, so that a second one ends the process whatever it is busy with.
#[derive(Debug)]
pub(crate) struct Signals {
    stop: CancellationToken,
}

impl Signals {
    /// Listens from now on. `on_first` is called at the first signal.
    pub(crate) fn listen(on_first: impl FnOnce(Signal) + Send + 'static) -> io::Result<Self> {
        let signals = Self { stop: CancellationToken::new() };
        let stop = signals.stop.clone();
        let (ready, listening) = mpsc::channel();
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            let runtime = match runtime::Builder::new_current_thread().enable_all().build() {
                Ok(runtime) => runtime,
                Err(error) => return drop(ready.send(Err(error))),
            };
            runtime.block_on(async {
                let mut source = match Source::open() {
                    Ok(source) => source,
                    Err(error) => return drop(ready.send(Err(error))),
                };
                let _ = ready.send(Ok(()));
                let signal = source.next().await;
                let _ = FIRST.set(signal);
                stop.cancel();
                ERROR.hurry();
                OUTPUT.hurry();
                on_first(signal);
                std::process::exit(source.next().await as i32);
            });
        })?;
        listening.recv().unwrap_or_else(|_| Err(io::Error::other("the thread for signals ended")))?;
        Ok(signals)
    }

    /// Is cancelled by the first signal.
    pub(crate) fn stop(&self) -> &CancellationToken {
        &self.stop
    }
}

/// The first signal, if one came.
pub(crate) fn caught() -> Option<Signal> {
    FIRST.get().copied()
}

#[cfg(unix)]
struct Source {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    /// None where it is to be ignored.
    hangup: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Source {
    fn open() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: if ignores_hangup() { None } else { Some(signal(SignalKind::hangup())?) },
        })
    }

    async fn next(&mut self) -> Signal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
            _ = hangup => Signal::Hangup,
        }
    }
}

/// Whether `nohup` started it, as Linux tells: the mask of what is ignored, in which bit 0 is SIGHUP
/// (`proc_pid_status(5)`).
#[cfg(unix)]
fn ignores_hangup() -> bool {
    let status = Reading::NAMED.text(Path::new("/proc/self/status")).unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    ignored.is_some_and(|mask| u64::from_str_radix(mask.trim(), 16).is_ok_and(|mask| mask & 1 == 1))
}

#[cfg(windows)]
struct Source {
    ctrl_c: tokio::signal::windows::CtrlC,
    ctrl_break: tokio::signal::windows::CtrlBreak,
}

#[cfg(windows)]
impl Source {
    fn open() -> io::Result<Self> {
        use tokio::signal::windows::{ctrl_break, ctrl_c};
        Ok(Self { ctrl_c: ctrl_c()?, ctrl_break: ctrl_break()? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.ctrl_c.recv() => Signal::Interrupt,
            _ = self.ctrl_break.recv() => Signal::Interrupt,
        }
    }
}
