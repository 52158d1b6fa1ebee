//! SIGINT, SIGTERM and SIGHUP: the first ends the run in good order, the second ends the process.

use std::future::poll_fn;
use std::io;
#[cfg(unix)]
use std::path::Path;
use std::sync::OnceLock;
use std::task::{Context, Poll};

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
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let mut sources = runtime.block_on(async { sources() })?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                let signal = next(&mut sources).await;
                let _ = FIRST.set(signal);
                stop.cancel();
                ERROR.hurry();
                OUTPUT.hurry();
                on_first(signal);
                std::process::exit(next(&mut sources).await as i32);
            });
        })?;
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

/// What is listened to: the signal, and whether it came.
type Source = (Signal, Box<dyn FnMut(&mut Context<'_>) -> Poll<Option<()>> + Send>);

/// The next signal of any of them.
async fn next(sources: &mut [Source]) -> Signal {
    poll_fn(|context| {
        let came = sources.iter_mut().find_map(|(signal, poll)| poll(context).is_ready().then_some(*signal));
        came.map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

#[cfg(unix)]
fn sources() -> io::Result<Vec<Source>> {
    use tokio::signal::unix::{SignalKind, signal};
    let hangup = (!ignores_hangup()).then_some((Signal::Hangup, SignalKind::hangup()));
    let kinds = [(Signal::Interrupt, SignalKind::interrupt()), (Signal::Terminate, SignalKind::terminate())];
    let open = |(name, kind)| -> io::Result<Source> {
        let mut source = signal(kind)?;
        Ok((name, Box::new(move |context| source.poll_recv(context))))
    };
    kinds.into_iter().chain(hangup).map(open).collect()
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
fn sources() -> io::Result<Vec<Source>> {
    use tokio::signal::windows::{ctrl_break, ctrl_c};
    let (mut ctrl_c, mut ctrl_break) = (ctrl_c()?, ctrl_break()?);
    Ok(vec![
        (Signal::Interrupt, Box::new(move |context| ctrl_c.poll_recv(context))),
        (Signal::Interrupt, Box::new(move |context| ctrl_break.poll_recv(context))),
    ])
}
