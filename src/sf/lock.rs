//! The lock that `sf` holds while it changes a file: a folder `<file>.lock`, as made by proper-lockfile 4.1.2.
//!
//! Who makes the folder has the lock; one whose time stamp is more than ten seconds old may be taken away, so that a
//! killed process blocks nobody for long (`lib/lockfile.js`; `util/lockRetryOptions.ts` of `@salesforce/core`).

#![allow(clippy::disallowed_methods, reason = "the age of a file is counted from the machine's clock")]

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use crate::files::folder::{self, modified as stamp};
use crate::files::{FileError, Readers, shown};

use super::error::StoreError;

/// The age from which a lock counts as left behind.
pub(super) const STALE: Duration = Duration::from_secs(10);

/// How long locks are waited for in all: longer than one that was left behind just now needs to become stale.
const PATIENCE: Duration = Duration::from_secs(15);

/// How long locks are waited for in all once the run's own time is up.
const GRACE: Duration = Duration::from_secs(2);

/// How long one lock is waited for where there is no more patience: after a signal, or once it was used up.
const HURRY: Duration = Duration::from_millis(200);

/// The shortest and longest pause between two looks at a lock. `sf` itself looks once a second.
const PAUSE_MIN: Duration = Duration::from_millis(2);
const PAUSE_MAX: Duration = Duration::from_millis(60);

/// How long other processes are waited for. All waits share one deadline, so that a process that hangs with the locks of
/// many files costs the time of one; a lock that somebody lets go of gives new patience.
#[derive(Debug, Default)]
pub(super) struct LockWait {
    hurry: AtomicBool,
    deadline: Mutex<Option<Instant>>,
    /// When the run's own time is up.
    run_ends: OnceLock<Instant>,
}

impl LockWait {
    /// From now on waits are short.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
    }

    /// The run's own time is up then; the first that is told counts.
    pub(super) fn run_ends(&self, at: Instant) {
        let _ = self.run_ends.set(at);
    }

    /// Until when a wait that began at `start` may last.
    fn end(&self, start: Instant) -> Instant {
        let least = start + HURRY;
        if self.hurry.load(Ordering::Relaxed) {
            return least;
        }
        let mut deadline = self.deadline.lock().unwrap_or_else(PoisonError::into_inner);
        let patience = || {
            let whole = start + PATIENCE;
            self.run_ends.get().map_or(whole, |at| whole.min(start.max(*at) + GRACE))
        };
        least.max(*deadline.get_or_insert_with(patience))
    }

    fn renew(&self) {
        *self.deadline.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// A held lock; let go when dropped, also while a panic unwinds.
#[derive(Debug)]
pub(super) struct FileLock {
    folder: PathBuf,
    stamp: SystemTime,
}

impl FileLock {
    /// Waits for the lock of `file`, at most as long as `wait` says; it is asked again before every look.
    pub(super) fn acquire(file: &Path, wait: &LockWait) -> Result<Self, StoreError> {
        let folder = lock_folder(file);
        let start = Instant::now();
        let mut pause = PAUSE_MIN;
        loop {
            let refused = match folder::claim(&folder) {
                Ok(()) => {
                    let stamp = stamp(&folder).map_err(FileError::io("lock", file))?;
                    if pause != PAUSE_MIN {
                        wait.renew();
                    }
                    return Ok(Self { folder, stamp });
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    folder::create(file.parent().unwrap_or(file), Readers::Owner)?;
                    error
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    if is_stale(&folder) && take_away(&folder) {
                        continue;
                    }
                    error
                }
                // Windows says so of a folder that is just being removed.
                Err(error) if cfg!(windows) && error.kind() == io::ErrorKind::PermissionDenied => error,
                Err(error) => return Err(FileError::new("lock", file, error).into()),
            };
            if Instant::now() >= wait.end(start) {
                return Err(match refused.kind() {
                    io::ErrorKind::AlreadyExists => {
                        StoreError::Locked { path: shown(file), seconds: start.elapsed().as_secs() }
                    }
                    _ => FileError::new("lock", file, refused).into(),
                });
            }
            sleep(pause.mul_f64(0.5 + fastrand::f64()));
            pause = (pause * 2).min(PAUSE_MAX);
        }
    }

    /// Whether it is still ours: a process that slept for ten seconds may have lost it.
    pub(super) fn is_ours(&self) -> bool {
        stamp(&self.folder).is_ok_and(|stamp| stamp == self.stamp)
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        if self.is_ours() {
            // What cannot be removed becomes stale by itself.
            let _ = folder::remove(&self.folder);
        }
    }
}

/// The folder that stands for the lock of `file`.
pub(super) fn lock_folder(file: &Path) -> PathBuf {
    let mut folder = OsString::from(file);
    folder.push(".lock");
    folder.into()
}

/// Whether somebody holds the lock of `file`, as readers of `sf` see it.
pub(super) fn is_locked(file: &Path) -> bool {
    let folder = lock_folder(file);
    folder.is_dir() && !is_stale(&folder)
}

/// Whether the lock was left behind: its time stamp is older than [`STALE`].
pub(super) fn is_stale(folder: &Path) -> bool {
    stamp(folder).is_ok_and(|stamp| stamp.elapsed().is_ok_and(|age| age > STALE))
}

/// Removes a lock that was left behind. Two processes may see the same one: only one can rename it away, and whoever
/// finds that it renamed a fresh lock instead, made meanwhile by a third, puts that one back.
fn take_away(folder: &Path) -> bool {
    let mut aside = OsString::from(folder);
    aside.push(format!(".{:016x}", fastrand::u64(..)));
    let aside = PathBuf::from(aside);
    if folder::rename(folder, &aside).is_err() {
        return false;
    }
    if is_stale(&aside) {
        folder::remove(&aside).is_ok()
    } else {
        let _ = folder::rename(&aside, folder);
        false
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use std::fs;

    fn left_behind(file: &Path, age: Duration) {
        let folder = lock_folder(file);
        fs::create_dir(&folder).unwrap();
        set_stamp(&folder, stamp(&folder).unwrap() - age);
    }

    fn set_stamp(folder: &Path, stamp: SystemTime) {
        let mut options = fs::OpenOptions::new();
        options.read(true);
        #[cfg(windows)]
        {
            const BACKUP_SEMANTICS: u32 = 0x0200_0000;
            std::os::windows::fs::OpenOptionsExt::custom_flags(options.write(true), BACKUP_SEMANTICS);
        }
        options.open(folder).unwrap().set_modified(stamp).unwrap();
    }

    #[test]
    fn the_lock_is_a_folder_beside_the_file_and_goes_when_it_is_dropped() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".sfdx/alias.json");
        let lock = FileLock::acquire(&file, &LockWait::default()).unwrap();
        assert!(home.path().join(".sfdx/alias.json.lock").is_dir() && is_locked(&file));
        drop(lock);
        assert!(!is_locked(&file) && !lock_folder(&file).exists());
    }

    #[test]
    fn it_goes_when_a_panic_unwinds() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("alias.json");
        let held = file.clone();
        let _ = std::thread::spawn(move || {
            let _lock = FileLock::acquire(&held, &LockWait::default()).unwrap();
            panic!("on purpose");
        })
        .join();
        assert!(!lock_folder(&file).exists());
    }

    #[test]
    fn never_do_two_hold_it() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("alias.json");
        left_behind(&file, STALE * 2);
        let (inside, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let _lock = FileLock::acquire(&file, &LockWait::default()).unwrap();
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        rounds.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(rounds.into_inner(), 400);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left behind");
    }

    #[test]
    fn a_lock_that_a_killed_process_left_behind_is_taken_away_and_a_fresh_one_is_not() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("alias.json");
        left_behind(&file, STALE + Duration::from_secs(1));
        assert!(!is_locked(&file));
        let wait = LockWait::default();
        wait.hurry();
        drop(FileLock::acquire(&file, &wait).unwrap());

        left_behind(&file, Duration::ZERO);
        let error = FileLock::acquire(&file, &wait).unwrap_err().to_string();
        assert!(error.contains("alias.json is locked by another process"), "{error}");
        assert!(lock_folder(&file).is_dir(), "somebody else's lock stays");
    }

    #[test]
    fn all_waits_share_one_deadline_until_somebody_lets_go() {
        let (wait, start) = (LockWait::default(), Instant::now());
        assert_eq!(wait.end(start), start + PATIENCE);
        let later = start + PATIENCE.saturating_sub(Duration::from_secs(1));
        assert_eq!(wait.end(later), start + PATIENCE);
        let late = start + PATIENCE * 2;
        assert_eq!(wait.end(late), late + HURRY);
        wait.renew();
        assert_eq!(wait.end(late), late + PATIENCE);
        wait.hurry();
        assert_eq!(wait.end(late), late + HURRY);
    }

    #[test]
    fn once_the_run_s_time_is_up_waits_have_a_short_grace_together() {
        let (wait, start) = (LockWait::default(), Instant::now());
        let second = Duration::from_secs(1);
        wait.run_ends(start + second * 4);
        assert_eq!(wait.end(start), start + second * 4 + GRACE);
        assert_eq!(wait.end(start + second * 5), start + second * 4 + GRACE);
        wait.renew();
        let late = start + second * 60;
        assert_eq!(wait.end(late), late + GRACE);
        let (wait, far) = (LockWait::default(), start + second * 600);
        wait.run_ends(far);
        assert_eq!(wait.end(start), start + PATIENCE);
    }

    #[test]
    fn a_fresh_lock_that_was_renamed_by_mistake_is_put_back() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("alias.json");
        left_behind(&file, Duration::ZERO);
        assert!(!take_away(&lock_folder(&file)));
        assert!(lock_folder(&file).is_dir());
    }

    #[test]
    fn a_lock_that_was_lost_is_not_removed_from_its_new_holder() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("alias.json");
        let lock = FileLock::acquire(&file, &LockWait::default()).unwrap();
        set_stamp(&lock_folder(&file), lock.stamp + Duration::from_secs(1));
        assert!(!lock.is_ours());
        drop(lock);
        assert!(lock_folder(&file).is_dir());
    }
}
