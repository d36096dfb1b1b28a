//! What the service tells systemd, and the watchdog.
//!
//! Vocabulary: a *beat* is the proof that the parts that matter still answer; the *watchdog*
//! is systemd's: it restarts a service whose beats stop coming (sd_watchdog_enabled(3)).
//!
//! Where no systemd listens (`NOTIFY_SOCKET` is not set) all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Tells that the service is up: the store is open, the configuration valid and the work
/// begun. (Not that every mailbox could be reached: that is a matter of `ackd status`.)
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The same, with the line that `systemctl status` shows. Control characters are replaced: a line
/// break would begin a message of its own.
pub fn ready_and(words: &str) {
    tell(&[NotifyState::Ready, NotifyState::Status(&one_line(words))]);
}

/// Tells that the configuration is being read again. [`ready`] or [`ready_and`] ends it, whatever
/// comes of it.
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

/// Tells systemd that we live, two to four times per watchdog interval, as long as `beat` says so;
/// until `stop` is cancelled. Returns at once where systemd does not watch.
///
/// `beat` is asked anew each time and must find out whether the engine and the store answer.
/// It may take up to half the interval; after a no it is asked again soon. Systemd restarts
/// us when an interval passes without a yes.
pub async fn watchdog<Beat, Alive>(beat: Beat, stop: CancellationToken)
where
    // Not `AsyncFn`: a future of one that borrows can't be shown to be `Send`, and this is to
    // run as a task of its own.
    Beat: Fn() -> Alive,
    Alive: Future<Output = bool>,
{
    let Some(within) = watchdog_interval() else {
        return;
    };
    tracing::debug!(within_seconds = within.as_secs(), "systemd watches over us");
    let beating = keep_beating(within, beat, || tell(&[NotifyState::Watchdog]));
    stop.run_until_cancelled(beating).await;
}

/// Never ends by itself.
async fn keep_beating<Beat, Alive>(within: Duration, beat: Beat, tell_alive: impl Fn())
where
    Beat: Fn() -> Alive,
    Alive: Future<Output = bool>,
{
    let mut was_alive = true;
    loop {
        let alive = timeout(within / 2, beat()).await.unwrap_or(false);
        if alive {
            tell_alive();
        }
        match (was_alive, alive) {
            (true, false) => tracing::error!(
                event = "engine_silent",
                "the engine or the store does not answer; systemd will restart ackd if this lasts"
            ),
            (false, true) => tracing::warn!(
                event = "engine_answers",
                "the engine and the store answer again"
            ),
            (true, true) | (false, false) => {}
        }
        was_alive = alive;
        // A slow no and a slow yes after it must fit into one interval.
        sleep(if alive { within / 4 } else { within / 8 }).await;
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
    use std::cell::{Cell, RefCell};

    const WITHIN: Duration = Duration::from_secs(40);

    /// At which seconds systemd hears of us within a span.
    async fn beats_in<Alive: Future<Output = bool>>(
        span: u64,
        beat: impl Fn() -> Alive,
    ) -> Vec<u64> {
        let began = tokio::time::Instant::now();
        let told = RefCell::new(Vec::new());
        let tell_alive = || told.borrow_mut().push(began.elapsed().as_secs());
        let beating = keep_beating(WITHIN, beat, tell_alive);
        let ended = timeout(Duration::from_secs(span), beating).await;
        assert!(ended.is_err(), "it never ends by itself");
        told.into_inner()
    }

    #[tokio::test(start_paused = true)]
    async fn a_living_service_beats_four_times_per_interval() {
        let beats = beats_in(45, async || true).await;
        assert_eq!(beats, [0, 10, 20, 30, 40]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_service_whose_store_hangs_stops_beating() {
        let asked = Cell::new(0);
        let beats = beats_in(300, async || {
            asked.set(asked.get() + 1);
            if asked.get() > 2 {
                std::future::pending::<()>().await;
            }
            true
        });
        assert_eq!(beats.await, [0, 10]);
        assert!(
            asked.get() > 3,
            "it goes on asking: the store may come back"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn one_no_and_a_slow_yes_do_not_cost_a_restart() {
        let asked = Cell::new(0);
        let beats = beats_in(55, async || {
            asked.set(asked.get() + 1);
            sleep(Duration::from_secs(9)).await;
            asked.get() != 2
        });
        // Between two beats lies less than WITHIN.
        assert_eq!(beats.await, [9, 42]);
    }

    #[tokio::test]
    async fn it_runs_as_a_task_of_its_own_and_borrows_what_it_asks() {
        let (_engine, rounds) = tokio::sync::watch::channel(0);
        let watching = async move {
            let beat = async || {
                let mut rounds = rounds.clone();
                rounds.mark_unchanged();
                rounds.changed().await.is_ok()
            };
            watchdog(beat, CancellationToken::new()).await;
        };
        let task = tokio::spawn(watching);
        task.await.expect("nobody watches over a test");
    }

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("2 waiting\nWATCHDOG=1"), "2 waiting WATCHDOG=1");
    }
}
