//! The words people answer with, in the languages we know.
//!
//! All stand here in lower case, without accents and punctuation but apostrophes. What means
//! something else too, in any of the languages, is none of them: `vu` and `visto` (seen), `pronto`
//! (soon), `sans réponse` (still without an answer).

use super::words::{PauseDay, Word};
use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};

/// The languages whose words are understood, ISO 639-1.
pub const LANGUAGES: [&str; 7] = ["en", "de", "fr", "es", "nl", "it", "pt"];

/// What a word asks for, with what is said of it in one language: phrases with `|` between them.
type Phrases = (&'static str, Meaning, &'static str);

/// What a phrase means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// An order that is complete by itself.
    Plain(Word),
    /// To put aside; for how long follows.
    Snooze,
}

pub(super) const ORDERS: &[Phrases] = &[
    (
        "en",
        Meaning::Plain(Word::Done),
        "done|answered|replied|i answered|i replied|handled|solved|settled|sorted|it's done|all done",
    ),
    (
        "en",
        Meaning::Plain(Word::Phoned),
        "phoned|called|i phoned|i called|spoke on the phone|by phone|phoned them|called them",
    ),
    (
        "en",
        Meaning::Plain(Word::Met),
        "met|i met them|met them|met in person",
    ),
    (
        "en",
        Meaning::Plain(Word::Mine),
        "mine|i take it|i'll take it|i will take it|on it|i'm on it|taking it|i got it|i'll do it",
    ),
    (
        "en",
        Meaning::Plain(Word::NoAnswerNeeded),
        "no answer needed|no answer necessary|no reply needed|no response needed|nothing to answer|dismiss",
    ),
    (
        "en",
        Meaning::Plain(Word::Urgent),
        "urgent|make it urgent|this is urgent",
    ),
    (
        "en",
        Meaning::Plain(Word::NotAClient),
        "not a client|no client|not our client",
    ),
    ("en", Meaning::Snooze, "snooze|later|remind me"),
    (
        "de",
        Meaning::Plain(Word::Done),
        "erledigt|beantwortet|ist erledigt|fertig|habe geantwortet|ist beantwortet",
    ),
    (
        "de",
        Meaning::Plain(Word::Phoned),
        "telefoniert|angerufen|habe telefoniert|habe angerufen|per telefon",
    ),
    (
        "de",
        Meaning::Plain(Word::Met),
        "getroffen|gesprochen|habe sie getroffen|personlich gesprochen",
    ),
    (
        "de",
        Meaning::Plain(Word::Mine),
        "meins|ich ubernehme|ubernehme ich|ich mache das|mache ich|ich kummere mich|ich mach das",
    ),
    (
        "de",
        Meaning::Plain(Word::NoAnswerNeeded),
        "keine antwort notig|keine antwort notwendig|keine antwort erforderlich|braucht keine antwort",
    ),
    (
        "de",
        Meaning::Plain(Word::Urgent),
        "dringend|eilt|ist dringend",
    ),
    (
        "de",
        Meaning::Plain(Word::NotAClient),
        "kein kunde|kein mandant|nicht unser kunde|keine kundin",
    ),
    (
        "de",
        Meaning::Snooze,
        "spater|erinnere mich|zuruckstellen|schlummern",
    ),
    (
        "fr",
        Meaning::Plain(Word::Done),
        "fait|c'est fait|repondu|j'ai repondu|traite|regle|termine",
    ),
    (
        "fr",
        Meaning::Plain(Word::Phoned),
        "telephone|appele|j'ai appele|j'ai telephone|par telephone",
    ),
    (
        "fr",
        Meaning::Plain(Word::Met),
        "rencontre|je les ai vus|en personne",
    ),
    (
        "fr",
        Meaning::Plain(Word::Mine),
        "pour moi|je m'en occupe|je prends|je le prends|a moi",
    ),
    (
        "fr",
        Meaning::Plain(Word::NoAnswerNeeded),
        "pas de reponse necessaire|aucune reponse necessaire|reponse inutile",
    ),
    ("fr", Meaning::Plain(Word::Urgent), "urgent|c'est urgent"),
    (
        "fr",
        Meaning::Plain(Word::NotAClient),
        "pas un client|pas client|pas notre client",
    ),
    ("fr", Meaning::Snooze, "plus tard|reporter|rappelle-moi"),
    (
        "es",
        Meaning::Plain(Word::Done),
        "hecho|listo|respondido|contestado|resuelto|ya esta",
    ),
    (
        "es",
        Meaning::Plain(Word::Phoned),
        "llamado|telefoneado|por telefono|he llamado",
    ),
    (
        "es",
        Meaning::Plain(Word::Met),
        "reunido|reunidos|en persona",
    ),
    (
        "es",
        Meaning::Plain(Word::Mine),
        "mio|es mio|yo me encargo|me encargo|lo cojo|me ocupo",
    ),
    (
        "es",
        Meaning::Plain(Word::NoAnswerNeeded),
        "no necesita respuesta|no requiere respuesta|no hace falta responder",
    ),
    ("es", Meaning::Plain(Word::Urgent), "urgente|es urgente"),
    (
        "es",
        Meaning::Plain(Word::NotAClient),
        "no es cliente|no es un cliente",
    ),
    (
        "es",
        Meaning::Snooze,
        "mas tarde|posponer|aplazar|recuerdame",
    ),
    (
        "nl",
        Meaning::Plain(Word::Done),
        "klaar|gedaan|beantwoord|afgehandeld|is beantwoord|opgelost",
    ),
    (
        "nl",
        Meaning::Plain(Word::Phoned),
        "gebeld|ik heb gebeld|telefonisch",
    ),
    (
        "nl",
        Meaning::Plain(Word::Met),
        "ontmoet|gesproken|persoonlijk gesproken",
    ),
    (
        "nl",
        Meaning::Plain(Word::Mine),
        "van mij|ik pak het op|ik doe het|ik neem het|voor mij",
    ),
    (
        "nl",
        Meaning::Plain(Word::NoAnswerNeeded),
        "geen antwoord nodig|hoeft geen antwoord|antwoord niet nodig",
    ),
    ("nl", Meaning::Plain(Word::Urgent), "dringend|urgent|spoed"),
    (
        "nl",
        Meaning::Plain(Word::NotAClient),
        "geen klant|niet onze klant",
    ),
    ("nl", Meaning::Snooze, "later|uitstellen|herinner me"),
    (
        "it",
        Meaning::Plain(Word::Done),
        "fatto|risposto|ho risposto|risolto|gia fatto",
    ),
    (
        "it",
        Meaning::Plain(Word::Phoned),
        "telefonato|chiamato|ho telefonato|ho chiamato|per telefono",
    ),
    (
        "it",
        Meaning::Plain(Word::Met),
        "incontrato|incontrati|di persona",
    ),
    (
        "it",
        Meaning::Plain(Word::Mine),
        "mio|ci penso io|lo prendo io|me ne occupo io|me ne occupo",
    ),
    (
        "it",
        Meaning::Plain(Word::NoAnswerNeeded),
        "nessuna risposta necessaria|non serve risposta",
    ),
    ("it", Meaning::Plain(Word::Urgent), "urgente|e urgente"),
    (
        "it",
        Meaning::Plain(Word::NotAClient),
        "non e un cliente|non e cliente",
    ),
    (
        "it",
        Meaning::Snooze,
        "piu tardi|rimanda|posticipa|ricordami",
    ),
    (
        "pt",
        Meaning::Plain(Word::Done),
        "feito|respondido|resolvido|ja respondi",
    ),
    (
        "pt",
        Meaning::Plain(Word::Phoned),
        "telefonei|liguei|ja liguei|por telefone",
    ),
    (
        "pt",
        Meaning::Plain(Word::Met),
        "reuni|encontrei|pessoalmente",
    ),
    (
        "pt",
        Meaning::Plain(Word::Mine),
        "meu|e meu|eu trato|trato disto|fico com isto|eu fico com este",
    ),
    (
        "pt",
        Meaning::Plain(Word::NoAnswerNeeded),
        "nao precisa de resposta|resposta desnecessaria|nao precisa resposta",
    ),
    ("pt", Meaning::Plain(Word::Urgent), "urgente|e urgente"),
    (
        "pt",
        Meaning::Plain(Word::NotAClient),
        "nao e cliente|nao e um cliente",
    ),
    ("pt", Meaning::Snooze, "mais tarde|adiar|lembra-me|lembrar"),
];

/// Words before a time that say nothing: `until`, `for`.
pub(super) const PARTICLES: &str = "until|till|til|for|at|on|to|by|in|bis|um|am|fur|auf|jusqu'a|jusque|a|pour|le|dans|hasta|para|el|las|por|tot|om|op|voor|over|fino|alle|per|tra|ate|as|daqui|de|due|next|nachsten|mich";

/// Words around an order that say nothing.
pub(super) const COURTESIES: &str = "thanks|thank|you|thx|please|ok|okay|yes|danke|bitte|ja|merci|oui|s'il|vous|plait|gracias|favor|si|bedankt|dank|je|grazie|prego|obrigado|obrigada|sim|hi|hello|hallo|cheers|hey|bonjour|hola|ciao|ackd";

/// Words with which a mail ends on the line of its order.
pub(super) const CLOSINGS: &str = "thanks|thank|thx|cheers|best|kind|regards|danke|lg|vg|gruss|grusse|viele|merci|cordialement|gracias|saludos|bedankt|dank|groet|groeten|grazie|saluti|obrigado|obrigada|abraco";

/// Words after which a closing may be more than one.
pub(super) const DOUBTS: &str =
    "not|no|but|yet|nicht|kein|keine|aber|noch|pas|mais|ne|pero|niet|maar|geen|non|ma|nao|mas";

/// Words before the number of a case.
pub(super) const CASES: &str =
    "case|cases|and|fall|falle|und|cas|et|dossier|caso|casos|y|zaak|zaken|en|casi|e|nr|no|number";

/// All cases of the mail.
pub(super) const ALL: &str =
    "all|everything|alle|alles|tous|toutes|tout|todos|todas|todo|allemaal|tutti|tutte|tutto|tudo";

pub(super) const MINUTES: &str = "m|min|mins|minute|minutes|minuten|minuto|minutos|minuut|minuti";
pub(super) const HOURS: &str =
    "h|hr|hrs|hour|hours|std|stunde|stunden|heure|heures|hora|horas|uur|uren|ora|ore";
pub(super) const DAYS: &str =
    "d|day|days|tag|tage|tagen|jour|jours|dia|dias|dag|dagen|giorno|giorni";
/// Behind a clock time: `9 Uhr`.
pub(super) const CLOCK: &str = "uhr|o'clock|h|uur";

pub(super) const NAMED_DAYS: &[(PauseDay, &str)] = &[
    (
        PauseDay::Today,
        "today|heute|aujourd'hui|hoy|vandaag|oggi|hoje",
    ),
    (
        PauseDay::Tomorrow,
        "tomorrow|morgen|demain|manana|domani|amanha",
    ),
    (
        PauseDay::Weekday(Mon),
        "monday|mon|montag|lundi|lunes|maandag|lunedi|segunda|segunda-feira",
    ),
    (
        PauseDay::Weekday(Tue),
        "tuesday|tue|dienstag|mardi|martes|dinsdag|martedi|terca|terca-feira",
    ),
    (
        PauseDay::Weekday(Wed),
        "wednesday|wed|mittwoch|mercredi|miercoles|woensdag|mercoledi|quarta|quarta-feira",
    ),
    (
        PauseDay::Weekday(Thu),
        "thursday|thu|donnerstag|jeudi|jueves|donderdag|giovedi|quinta|quinta-feira",
    ),
    (
        PauseDay::Weekday(Fri),
        "friday|fri|freitag|vendredi|viernes|vrijdag|venerdi|sexta|sexta-feira",
    ),
    (
        PauseDay::Weekday(Sat),
        "saturday|sat|samstag|samedi|sabado|zaterdag|sabato",
    ),
    (
        PauseDay::Weekday(Sun),
        "sunday|sun|sonntag|dimanche|domingo|zondag|domenica",
    ),
];

/// Whether a word is one of these.
pub(super) fn is_one(word: &str, words: &str) -> bool {
    words.split('|').any(|own| own == word)
}
