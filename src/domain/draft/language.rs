//! The languages in which we acknowledge: how each writes a date, and what stands in for a
//! missing subject. The sentences themselves are templates.

use chrono::{Datelike, Timelike, Weekday};
use chrono_tz::Tz;

use super::wording::zone_label;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;

impl Language {
    /// What we call a mail that has no subject.
    pub(super) const fn nameless_mail(self) -> &'static str {
        match self {
            Self::English => "your message",
            Self::German => "Ihre Nachricht",
            Self::French => "votre message",
            Self::Spanish => "su mensaje",
            Self::Italian => "il Suo messaggio",
            Self::Dutch => "uw bericht",
            Self::Portuguese => "a sua mensagem",
        }
    }

    /// Date, time and zone as this language writes them after "by"; the year only if it is not
    /// that of `now`.
    pub(super) fn moment(self, at: Timestamp, now: Timestamp, zone: Tz) -> String {
        let local = at.with_timezone(&zone);
        let weekday = self.weekday(local.weekday());
        let month = self.month(local.month0());
        let is_this_year = local.year() == now.with_timezone(&zone).year();
        let year = match (is_this_year, self) {
            (true, _) => String::new(),
            (false, Self::Spanish | Self::Portuguese) => format!(" de {}", local.year()),
            (false, Self::English | Self::German | Self::French | Self::Italian | Self::Dutch) => {
                format!(" {}", local.year())
            }
        };
        let (day, time) = (local.day(), local.format("%H:%M"));
        let zone = zone_label(at, zone);
        match self {
            Self::English => format!("{weekday}, {day} {month}{year}, {time} ({zone})"),
            Self::German => format!("{weekday}, {day}. {month}{year}, {time} Uhr ({zone})"),
            Self::French => {
                let day = if day == 1 {
                    "1er".to_owned()
                } else {
                    day.to_string()
                };
                let time = local.format("%-Hh%M");
                format!("{weekday} {day} {month}{year} à {time} ({zone})")
            }
            Self::Spanish => {
                let article = if local.hour() == 1 { "a la" } else { "a las" };
                format!("{weekday} {day} de {month}{year}, {article} {time} ({zone})")
            }
            Self::Italian => format!("{weekday} {day} {month}{year}, ore {time} ({zone})"),
            Self::Dutch => format!("{weekday} {day} {month}{year} om {time} uur ({zone})"),
            Self::Portuguese => {
                let article = if local.hour() == 1 { "à" } else { "às" };
                format!("{weekday}, {day} de {month}{year}, {article} {time} ({zone})")
            }
        }
    }

    fn weekday(self, day: Weekday) -> &'static str {
        let names: [&str; 7] = match self {
            Self::English => [
                "Monday",
                "Tuesday",
                "Wednesday",
                "Thursday",
                "Friday",
                "Saturday",
                "Sunday",
            ],
            Self::German => [
                "Montag",
                "Dienstag",
                "Mittwoch",
                "Donnerstag",
                "Freitag",
                "Samstag",
                "Sonntag",
            ],
            Self::French => [
                "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche",
            ],
            Self::Spanish => [
                "lunes",
                "martes",
                "miércoles",
                "jueves",
                "viernes",
                "sábado",
                "domingo",
            ],
            Self::Italian => [
                "lunedì",
                "martedì",
                "mercoledì",
                "giovedì",
                "venerdì",
                "sabato",
                "domenica",
            ],
            Self::Dutch => [
                "maandag",
                "dinsdag",
                "woensdag",
                "donderdag",
                "vrijdag",
                "zaterdag",
                "zondag",
            ],
            Self::Portuguese => [
                "segunda-feira",
                "terça-feira",
                "quarta-feira",
                "quinta-feira",
                "sexta-feira",
                "sábado",
                "domingo",
            ],
        };
        names[day.num_days_from_monday() as usize]
    }

    fn month(self, month0: u32) -> &'static str {
        let names = match self {
            Self::English => {
                "January February March April May June July August September October November December"
            }
            Self::German => {
                "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
            }
            Self::French => {
                "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
            }
            Self::Spanish => {
                "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre"
            }
            Self::Italian => {
                "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
            }
            Self::Dutch => {
                "januari februari maart april mei juni juli augustus september oktober november december"
            }
            Self::Portuguese => {
                "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro"
            }
        };
        names
            .split(' ')
            .nth(month0 as usize)
            .expect("each list above has twelve months")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_knows_twelve_months() {
        for language in Language::ALL {
            assert_ne!(language.month(0), language.month(11));
        }
    }
}
