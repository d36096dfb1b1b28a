//! Ctrl-C and the like: the terminal is put in order, and nothing is left half-written.
//!
//! While files are written, whoever wants to end the program waits for the moment that takes.

use std::io::{IsTerminal as _, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Held while files are written.
static WRITING: Mutex<()> = Mutex::new(());

/// Whether they are.
static IS_WRITTEN: AtomicBool = AtomicBool::new(false);

/// What makes the cursor visible again.
const SHOW_CURSOR: &[u8] = b"\x1b[?25h\n";

/// From here on a signal ends the program in good order. Prompts wait on the main thread, so it
/// is heard on another one. Without it a signal just ends the program.
pub(super) fn watch() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let Ok(runtime) = runtime else { return };
    let signals = {
        let _inside = runtime.enter();
        let heard = |kind: SignalKind| signal(kind).ok();
        let interrupt = heard(SignalKind::interrupt());
        let terminate = heard(SignalKind::terminate());
        interrupt.zip(terminate)
    };
    let Some((interrupt, terminate)) = signals else {
        return;
    };
    let terminal = tcgetattr(std::io::stdin().as_fd()).ok();
    let hear = move || {
        let code = runtime.block_on(wait(interrupt, terminate));
        end(code, terminal.as_ref());
    };
    // As above: without the thread a signal is not heard, which a supervisor notices.
    let _ = std::thread::Builder::new()
        .name("signals".into())
        .spawn(hear);
}

/// Keeps the program from being ended until the guard is dropped.
pub(super) fn hold_off() -> MutexGuard<'static, ()> {
    WRITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From here on there is something, whole.
pub(super) fn is_written() {
    IS_WRITTEN.store(true, Ordering::SeqCst);
}

async fn wait(mut interrupt: Signal, mut terminate: Signal) -> u8 {
    const TERMINATED: u8 = 143;
    tokio::select! {
        _ = interrupt.recv() => super::ask::INTERRUPTED,
        _ = terminate.recv() => TERMINATED,
    }
}

fn end(code: u8, terminal: Option<&Termios>) -> ! {
    let _nobody_writes = hold_off();
    if let Some(terminal) = terminal {
        // Echo may be off, for a password.
        let _ = tcsetattr(std::io::stdin().as_fd(), OptionalActions::Now, terminal);
    }
    let words: &[u8] = match IS_WRITTEN.load(Ordering::SeqCst) {
        true => b"ackd: stopped; the configuration is written\n",
        false => b"ackd: stopped: nothing was written\n",
    };
    let is_terminal = std::io::stderr().is_terminal();
    // The main thread holds the lock of standard error for good.
    if let Ok(own) = std::io::stderr().as_fd().try_clone_to_owned() {
        let mut err = std::fs::File::from(own);
        if is_terminal {
            // If nobody sees it, the exit code still tells.
            let _ = err.write_all(SHOW_CURSOR);
        }
        let _ = err.write_all(words);
    }
    std::process::exit(i32::from(code))
}
