//! The time zone of this machine.

use std::path::Path;

use super::words;

/// The IANA name of the machine's zone: what `TZ` says, else where `/etc/localtime` leads, else
/// `/etc/timezone`. `None` if none of them names one.
pub(super) fn of_this_machine() -> Option<String> {
    let variable = std::env::var("TZ").ok();
    let linked = std::fs::read_link("/etc/localtime").ok();
    let written = std::fs::read_to_string("/etc/timezone").ok();
    named(variable.as_deref(), linked.as_deref(), written.as_deref())
}

fn named(variable: Option<&str>, link: Option<&Path>, file: Option<&str>) -> Option<String> {
    let variable = variable.map(|text| text.trim_start_matches(':'));
    let link = link.and_then(Path::to_str);
    let link = link.and_then(|path| Some(path.split_once("zoneinfo/")?.1));
    let all = [variable, link, file.map(str::trim)];
    all.into_iter()
        .flatten()
        .find_map(|text| words::zone(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zone_is_told_by_whoever_knows_it() {
        let berlin = Path::new("../usr/share/zoneinfo/Europe/Berlin");
        let found = |variable, link, file| named(variable, link, file);
        assert_eq!(
            found(Some(":Asia/Tokyo"), Some(berlin), None).as_deref(),
            Some("Asia/Tokyo")
        );
        assert_eq!(
            found(None, Some(berlin), Some("Etc/UTC\n")).as_deref(),
            Some("Europe/Berlin")
        );
        assert_eq!(
            found(Some("CET-1CEST"), None, Some("Etc/UTC\n")).as_deref(),
            Some("Etc/UTC")
        );
        assert_eq!(found(Some(""), Some(Path::new("/etc/zone")), None), None);
    }
}
