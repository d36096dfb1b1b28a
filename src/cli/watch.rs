//! Showing something again and again on a terminal, until Ctrl-C.

use std::io::IsTerminal;
use std::time::Duration;

use super::screen::{DONE, Screen};
use super::{UNREACHABLE, USAGE};
use crate::clock::{Clock, SystemClock};

/// The pause between two looks.
pub const EVERY: Duration = Duration::from_secs(5);

/// The least room a terminal is taken to have, in lines and characters: a smaller one is no use.
const ROOM_MIN: Room = Room {
    lines: 5,
    characters: 40,
};

/// How much a terminal shows at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Lines.
    pub lines: usize,
    /// Characters of a line.
    pub characters: usize,
}

impl Room {
    /// The room of the terminal at standard output.
    fn of_terminal() -> Self {
        let size = terminal_size::terminal_size();
        let (characters, lines) = size.map_or((80, 24), |(width, height)| (width.0, height.0));
        Self {
            lines: usize::from(lines).max(ROOM_MIN.lines),
            characters: usize::from(characters).max(ROOM_MIN.characters),
        }
    }
}

/// Shows a page every [`EVERY`] until Ctrl-C. Without a terminal, or where a program reads, that
/// is wrong usage.
pub async fn watch(screen: &mut Screen<'_>, page: impl AsyncFn(&Screen<'_>, Room) -> String) -> u8 {
    if screen.json || !std::io::stdout().is_terminal() {
        screen.complain(
            "--watch draws on a terminal; a program asks again by itself: call \"ackd cases --json\"",
        );
        return USAGE;
    }
    let ended = tokio::signal::ctrl_c();
    tokio::pin!(ended);
    screen.print("\u{1b}[2J");
    loop {
        screen.now = SystemClock.now();
        let page = page(screen, Room::of_terminal()).await;
        screen.print(&redrawn(&page));
        tokio::select! {
            ended = &mut ended => return if ended.is_ok() { DONE } else { UNREACHABLE },
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// A page in place of what stands on the terminal: each line takes the place of another, what
/// is left of it goes, and what stood below goes. Nothing flickers.
fn redrawn(page: &str) -> String {
    let lines = page.replace('\n', "\u{1b}[K\n");
    format!("\u{1b}[H{lines}\u{1b}[J")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_takes_the_place_of_the_one_before() {
        assert_eq!(redrawn("a\nb\n"), "\u{1b}[Ha\u{1b}[K\nb\u{1b}[K\n\u{1b}[J");
    }

    #[tokio::test]
    async fn without_a_terminal_nothing_is_drawn() {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut screen = Screen::new(true, &mut out, &mut err);
        let code = watch(&mut screen, async |_, _| String::new()).await;
        assert_eq!((code, out.is_empty()), (USAGE, true));
        let told = String::from_utf8(err).expect("text");
        assert!(told.contains("call \"ackd cases --json\""), "{told}");
    }
}
