//! Panics: the daemon survives them, the world takes them down.

use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    /// The places of the panics in the world that is played on this thread, if one is.
    static PLACES: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// Takes down, from here on, every panic of this thread.
pub(crate) fn listen() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let place = panic.location().map(ToString::to_string);
            let is_taken_down = PLACES.with_borrow_mut(|places| {
                let places = places.as_mut();
                places
                    .map(|own| own.push(place.unwrap_or_default()))
                    .is_some()
            });
            if !is_taken_down {
                usual(panic);
            }
        }));
    });
    PLACES.replace(Some(Vec::new()));
}

/// Where there were panics since; from here on they are none of our business.
pub(crate) fn heard() -> Vec<String> {
    PLACES.take().unwrap_or_default()
}
