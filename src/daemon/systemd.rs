//! What the service tells systemd, and the watchdog.
//!
//! Vocabulary: a *beat* is the proof that the parts that matter still answer; the *watchdog*
//! is systemd's: it restarts a service whose beats stop coming (sd_watchdog_enabled(3)).
//!
//! Where no systemd listens (`NOTIFY_SOCKET` is not set) all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

/// Tells that the service is up: the store is open, the configuration valid and the work
/// begun. (Not that every mailbox could be reached: that is a matter of `ackd status`.)
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// Tells that the configuration is being read again. [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        // systemd 253 and later demand the moment beside it (`Type=notify-reload`).
        Ok(moment) => tell(&[NotifyState::Reloading, moment]),
        Err(error) => tracing::debug!(%error, "could not read the monotonic clock for systemd"),
    }
}

/// Tells that the service is on its way out.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Sets the line that `systemctl status` shows. Control characters are replaced: a line
/// break would begin a message of its own.
pub fn status(words: &str) {
    tell(&[NotifyState::Status(&one_line(words))]);
}

/// Asks for more time to start or stop: at least this long from now. To be repeated while a
/// long recovery of the store goes on.
pub fn extend_timeout(by: Duration) {
    let microseconds = u32::try_from(by.as_micros()).unwrap_or(u32::MAX);
    tell(&[NotifyState::ExtendTimeoutUsec(microseconds)]);
}

/// Within what time systemd wants to hear from us (`WATCHDOG_USEC`). `None`: it doesn't.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|within| !within.is_zero())
}

/// Tells systemd that we live, twice per watchdog interval, as long as `beat` says so; until
/// `stop` is cancelled. Returns at once where systemd does not watch.
///
/// `beat` is asked anew each time and must find out whether the engine and the store answer.
/// One that takes longer than a quarter of the interval counts as no: systemd restarts us
/// when the noes last for an interval.
pub async fn watchdog(beat: impl AsyncFn() -> bool, stop: CancellationToken) {
    let Some(within) = watchdog_interval() else {
        return;
    };
    tracing::debug!(within_seconds = within.as_secs(), "systemd watches over us");
    keep_beating(within, beat, || tell(&[NotifyState::Watchdog]), stop).await;
}

async fn keep_beating(
    within: Duration,
    beat: impl AsyncFn() -> bool,
    tell_alive: impl Fn(),
    stop: CancellationToken,
) {
    let mut ticks = interval(within / 2);
    // After a suspended machine or a stalled runtime one beat is enough.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut alive = true;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let was_alive = alive;
        alive = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            answered = timeout(within / 4, beat()) => answered.unwrap_or(false),
        };
        if alive {
            tell_alive();
        } else if was_alive {
            tracing::error!(
                "the engine or the store does not answer; systemd will restart ackd if this lasts"
            );
        }
        if alive && !was_alive {
            tracing::warn!("the engine and the store answer again");
        }
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "could not tell systemd");
    }
}

fn one_line(words: &str) -> String {
    const STATUS_CHARACTERS_MAX: usize = 500;
    words
        .chars()
        .take(STATUS_CHARACTERS_MAX)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    const WITHIN: Duration = Duration::from_secs(30);

    async fn beats_in(span: Duration, beat: impl AsyncFn() -> bool) -> u32 {
        let told = Cell::new(0);
        let stop = CancellationToken::new();
        let beating = keep_beating(WITHIN, beat, || told.set(told.get() + 1), stop.clone());
        tokio::select! {
            () = beating => {}
            () = tokio::time::sleep(span) => {}
        }
        told.get()
    }

    #[tokio::test(start_paused = true)]
    async fn a_living_service_beats_twice_per_interval() {
        let beats = beats_in(Duration::from_secs(89), async || true).await;
        assert_eq!(beats, 6, "at 0, 15, 30, 45, 60 and 75 seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_whose_store_hangs_stops_beating() {
        let asked = Cell::new(0);
        let beats = beats_in(Duration::from_secs(300), async || {
            asked.set(asked.get() + 1);
            if asked.get() > 2 {
                std::future::pending::<()>().await;
            }
            true
        });
        assert_eq!(beats.await, 2);
        assert!(
            asked.get() > 3,
            "it goes on asking: the store may come back"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_no_is_a_missed_beat_and_a_later_yes_counts_again() {
        let asked = Cell::new(0);
        let beats = beats_in(Duration::from_secs(59), async || {
            asked.set(asked.get() + 1);
            asked.get() != 2
        });
        assert_eq!(beats.await, 3, "of four questions one was answered no");
    }

    #[tokio::test(start_paused = true)]
    async fn it_ends_when_the_service_stops() {
        let stop = CancellationToken::new();
        stop.cancel();
        keep_beating(WITHIN, async || true, || panic!("no beat is due"), stop).await;
    }

    #[tokio::test]
    async fn it_runs_as_a_task_of_its_own() {
        let (ask, _engine) = tokio::sync::mpsc::channel::<()>(1);
        let beat = async move || ask.send(()).await.is_ok();
        let task = tokio::spawn(watchdog(beat, CancellationToken::new()));
        task.await.expect("nobody watches over a test");
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("2 waiting\nWATCHDOG=1"), "2 waiting WATCHDOG=1");
    }
}
