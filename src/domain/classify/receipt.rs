//! Receipts: what a program sends to a client before anybody has read his mail.
//!
//! Vocabulary: a receipt says that a mail was *put by*, and under which number. Its *stock* words
//! are those such texts consist of; whatever else it says are *own* words. A person who answers may
//! begin as a receipt does ("We have received your request and …"), so that a text is a receipt
//! only if it says little more and no person signs it. Sources: OTRS, Zammad, osTicket,
//! Freshdesk, Zendesk, RT.

use super::examination::Examination;
use super::office::is_office;
use super::signs::sentence;
use super::text::{fold, words};
use super::thread::base_subject;
use super::{letter, signature, thanks};

/// How many own words a receipt may have that says no more than that.
const OWN_WORDS_MAX: usize = 0;

/// How many of one that says itself that the answer is still to come.
const OWN_WORDS_BESIDE_PROMISE_MAX: usize = 3;

/// A receipt: its sentence, the number, and neither an answer in it nor a person who signs it.
pub(super) fn find(e: &Examination<'_>) -> Option<String> {
    let text = e.facts.text.as_deref()?;
    let lines = thanks::unquoted_lines(text);
    let whole = plain(&lines.join(" "));
    let found = put_by(e, &whole)?;
    let body = body(&lines);
    let said = plain(&body.join(" "));
    let is_numbered = numbered(&said) || numbered(&e.subject);
    if !is_numbered || is_asking(&said) || is_persons(e) {
        return None;
    }
    let most = match sentence(&said, PROMISES) {
        Some(_) => OWN_WORDS_BESIDE_PROMISE_MAX,
        None => OWN_WORDS_MAX,
    };
    let is_little = own_words(e, &said) <= most;
    is_little.then(|| format!("text: \"{found}\" with a number, and little more"))
}

/// The sentence that says so. From an office, what says nothing to whoever reads it is enough.
fn put_by(e: &Examination<'_>, folded: &str) -> Option<&'static str> {
    let of_office = || {
        let lists = [PUT_BY, PROMISES];
        let mut found = lists.iter().filter_map(|list| sentence(folded, list));
        is_office(e).then(|| found.next()).flatten()
    };
    sentence(folded, RECEIPTS).or_else(of_office)
}

fn is_persons(e: &Examination<'_>) -> bool {
    signature::is_by_hand(e) || (!is_office(e) && letter::is_persons(e))
}

/// Whether a folded text begins as a receipt does.
pub(super) fn is_said_in(folded: &str) -> bool {
    let mut plain = RECEIPTS.iter().filter(|sign| !sign.contains('…'));
    plain.any(|sign| folded.contains(sign))
}

fn plain(text: &str) -> String {
    fold(text).replace('’', "'")
}

/// The lines between the greeting and what stands below the closing.
fn body<'a>(lines: &[&'a str]) -> Vec<&'a str> {
    const GREETING_WORDS_MAX: usize = 6;
    let is_mark = |line: &str| line == "--" || thanks::is_closing(line);
    let end = lines.iter().position(|line| is_mark(line));
    let mut body = &lines[..end.unwrap_or(lines.len())];
    let greets = |line: &&str| {
        line.ends_with([',', '!', ':', '，', '：']) && words(line).len() <= GREETING_WORDS_MAX
    };
    if body.len() > 1 && body.first().is_some_and(greets) {
        body = &body[1..];
    }
    // Without a closing, who signs stands at the end, and where he is found.
    while let [rest @ .., last] = body
        && !rest.is_empty()
        && !last.ends_with(['.', '!', '?'])
        && thanks::is_name_or_address(last, &[])
    {
        body = rest;
    }
    body.to_vec()
}

/// How many words of a plain text are no stock words, no names, and no numbers.
fn own_words(e: &Examination<'_>, said: &str) -> usize {
    const SUBJECT_CHARS_MIN: usize = 4;
    let (subject, _) = base_subject(&e.facts.subject);
    let repeated = subject.chars().count() >= SUBJECT_CHARS_MIN;
    let said = match repeated {
        true => said.replace(&format!("\"{subject}\""), " "),
        false => said.to_owned(),
    };
    let is_address =
        |token: &&str| token.contains('@') || token.contains("www.") || token.contains("://");
    let tokens: Vec<&str> = said
        .split_whitespace()
        .filter(|token| !is_address(token))
        .collect();
    let said = words(&tokens.join(" "));
    let is_number = |text: &str| text.contains(|c: char| c.is_ascii_digit());
    let said = said.iter().filter(|word| !is_number(&word.text));
    let parts = said.flat_map(|word| word.text.split(['-', '\'']));
    let is_own = |part: &&str| {
        !part.is_empty()
            && !STOCK.contains(part)
            && !NUMBERS.contains(part)
            && !e.is_companys(part)
            && !is_recipients(e, part)
    };
    parts.filter(is_own).count()
}

fn is_recipients(e: &Examination<'_>, word: &str) -> bool {
    let mut recipients = e.facts.recipients();
    recipients.any(|address| {
        address
            .local()
            .split(['.', '_', '-', '+'])
            .any(|own| own == word)
    })
}

/// Whether a text asks something, other than receipts do: `Any questions?`, or in a link.
pub(super) fn is_asking(folded: &str) -> bool {
    const STOCK_WORDS_MAX: usize = 6;
    let is_link = |token: &&str| token.contains("://") || token.contains("www.");
    let tokens: Vec<&str> = folded
        .split_whitespace()
        .filter(|token| !is_link(token))
        .collect();
    let said = tokens.join(" ");
    let mut asked = said.split_inclusive(['.', '!', '?', '？', '؟', '¿']);
    asked.any(|clause| {
        let asked = words(clause);
        let is_stock = asked.len() <= STOCK_WORDS_MAX
            && (asked
                .iter()
                .any(|word| QUESTIONS.contains(&word.text.as_str()))
                || clause.contains("need help"));
        clause.ends_with(['?', '？', '؟']) && !is_stock && !asked.is_empty()
    })
}

/// What receipts ask whether one has.
#[rustfmt::skip]
const QUESTIONS: &[&str] = &[
    "question", "questions", "fragen", "rückfragen", "preguntas", "domande", "dúvidas", "vragen",
    "frågor", "spørgsmål", "spørsmål", "kysyttävää", "pytania", "dotazy", "вопросы",
];

/// The fewest digits of a number that stands for something.
const DIGITS_MIN: usize = 3;

/// Whether a folded text bears a number and says what it is the number of.
fn numbered(folded: &str) -> bool {
    let said = words(folded);
    let named = said
        .iter()
        .any(|word| NUMBERS.contains(&word.text.as_str()));
    named && folded.split_whitespace().any(is_number)
}

/// Whether a word has the digits of a number that stands for something.
pub(super) fn is_number(word: &str) -> bool {
    word.chars().filter(char::is_ascii_digit).count() >= DIGITS_MIN
}

/// How a program says that it has put a mail by, before anybody has read it; `…` as in
/// [`AUTOMATIC_SENTENCES`](super::words::AUTOMATIC_SENTENCES).
#[rustfmt::skip]
const RECEIPTS: &[&str] = &[
    "your request …has been received", "your request was received", "your request …has been logged",
    "your message …has been received", "your email …has been received",
    "your e-mail …has been received", "your enquiry …has been received",
    "your inquiry …has been received", "your enquiry …has been logged",
    "your inquiry …has been logged", "we've got your", "we have got your", "we have received your",
    "we've received your", "we received your", "ihre anfrage ist …eingegangen",
    "ihre nachricht ist …eingegangen", "ihre anfrage wurde …aufgenommen", "wir haben ihre anfrage",
    "wir haben ihre nachricht", "wir haben ihre e-mail", "nous avons bien reçu votre",
    "votre demande a bien été", "votre demande a été enregistrée", "hemos recibido su",
    "su solicitud ha sido", "abbiamo ricevuto la", "la sua richiesta è stata", "recebemos a sua",
    "recebemos sua", "recebemos o seu", "we hebben uw", "wij hebben uw", "uw aanvraag is",
    "vi har tagit emot", "vi har mottagit", "vi har modtaget", "vi har mottatt",
    "olemme vastaanottaneet", "otrzymaliśmy twoj", "otrzymaliśmy pań", "otrzymaliśmy państwa",
    "twoje zgłoszenie", "obdrželi jsme", "přijali jsme", "мы получили ваш",
];

/// The same in words that say nothing to whoever reads them: people speak so of tickets, too.
#[rustfmt::skip]
const PUT_BY: &[&str] = &[
    "ticket has been created", "ticket was created", "ticket has been opened",
    "ticket number …has been created", "ticket number …has been assigned", "case has been created",
    "case has been opened", "has been created from your", "ticket wurde …erstellt",
    "ticket wurde …eröffnet", "ein ticket …erstellt", "unter der ticketnummer",
];

/// What a number is called under which a mail was put by.
#[rustfmt::skip]
const NUMBERS: &[&str] = &[
    "ticket", "case", "request", "reference", "ref", "id", "incident", "vorgang", "vorgangsnummer",
    "ticketnummer", "ticketnr", "fallnummer", "aktenzeichen", "dossier", "numéro", "caso", "número",
    "solicitud", "richiesta", "numero", "chamado", "pedido", "aanvraag", "nummer", "ärende",
    "ärendenummer", "sag", "sagsnummer", "sak", "saksnummer", "tiketti", "tukipyyntö", "zgłoszenie",
    "zgłoszenia", "numer", "požadavek", "číslo", "обращение", "заявка", "номер", "number",
    "referenz", "referenznummer",
];

/// How programs say that the answer is still to come; `…` as in
/// [`AUTOMATIC_SENTENCES`](super::words::AUTOMATIC_SENTENCES).
#[rustfmt::skip]
const PROMISES: &[&str] = &[
    "get back to you", "getting back to you", "be in touch", "will reply", "will respond",
    "will contact you", "will answer", "be dealt with", "being reviewed", "will be reviewed",
    "will be processed", "be answered", "melden uns", "melden wir uns", "wird sich …melden",
    "setzen uns", "beantworten", "so schnell wie möglich", "schnellstmöglich", "in kürze",
    "répondrons", "répondra", "contacterons", "contactera", "responderemos",
    "pondremos en contacto", "contactaremos", "risponderemo", "contatteremo", "responderemos",
    "entraremos em contato", "entraremos em contacto", "retornaremos", "contact met u op",
    "contact op", "zo snel mogelijk", "zo spoedig mogelijk", "återkommer", "så snart som",
    "vender tilbage", "kommer tilbake", "hurtigst muligt", "mahdollisimman pian", "vastaamme",
    "otamme yhteyttä", "odpowiemy", "skontaktujemy", "ozveme", "odpovíme", "ответим", "свяжемся",
];

/// The words that receipts consist of, beside [`NUMBERS`], language by language.
#[rustfmt::skip]
const STOCK: &[&str] = &[
    "a", "an", "the", "and", "or", "of", "to", "in", "on", "at", "by", "for", "from", "with",
    "under", "as", "is", "are", "was", "were", "be", "been", "being", "has", "have", "had", "will",
    "shall", "can", "may", "please", "this", "that", "these", "your", "our", "us", "we", "you", "it",
    "its", "here", "below", "above", "any", "all", "not", "no", "yes", "if", "when", "soon",
    "possible", "shortly", "within", "between", "during", "after", "before", "next", "one", "two",
    "three", "few", "business", "working", "work", "day", "days", "hour", "hours", "minutes",
    "weekdays", "monday", "tuesday", "wednesday", "thursday", "friday", "mon", "fri", "time",
    "times", "requests", "enquiry", "inquiry", "query", "message", "mail", "email", "e", "issue",
    "question", "questions", "subject", "line", "received", "got", "created", "opened", "logged",
    "registered", "assigned", "recorded", "added", "forwarded", "passed", "reviewed", "processed",
    "handled", "answered", "dealt", "looking", "look", "into", "get", "gets", "getting", "come",
    "back", "reply", "replying", "respond", "response", "answer", "contact", "contacting",
    "contacted", "reach", "reaching", "out", "touch", "thank", "thanks", "dear", "customer",
    "customers", "sir", "madam", "hello", "hi", "support", "team", "staff", "member", "members",
    "agent", "agents", "representative", "desk", "help", "helpdesk", "service", "services",
    "center", "centre", "someone", "somebody", "colleague", "colleagues", "department", "view",
    "check", "track", "follow", "status", "progress", "online", "portal", "link", "visit",
    "website", "details", "further", "additional", "add", "comment", "comments", "update",
    "updates", "keep", "quote", "include", "mention", "use", "refer", "regarding", "concerning",
    "about", "more", "need", "call", "matter", "meantime", "patience", "understanding",
    "appreciate", "confirm", "confirms", "office", "opening", "type", "successfully", "currently",
    "s", "ve", "ll", "re",

    "der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer", "und",
    "oder", "im", "am", "an", "auf", "bei", "zu", "zum", "zur", "von", "vom", "für", "mit", "unter",
    "über", "um", "als", "ist", "sind", "wird", "werden", "wurde", "wurden", "worden", "haben",
    "hat", "wir", "uns", "unser", "unsere", "unserem", "unseren", "unserer", "sie", "ihnen", "ihr",
    "ihre", "ihren", "ihrem", "ihrer", "es", "dies", "diese", "diesem", "diesen", "dieser", "hier",
    "bitte", "danke", "dank", "vielen", "herzlichen", "schnellstmöglich", "schnell", "möglich",
    "bald", "baldmöglichst", "so", "wie", "umgehend", "zeitnah", "kürze", "innerhalb", "binnen",
    "nächsten", "stunden", "werktag", "werktage", "werktagen", "werktages", "tag", "tage", "tagen",
    "anfrage", "nachricht", "mitteilung", "anliegen", "fall", "betreff", "erhalten", "eingegangen",
    "angekommen", "aufgenommen", "erfasst", "erstellt", "angelegt", "eröffnet", "registriert",
    "zugewiesen", "weitergeleitet", "bearbeitet", "bearbeitung", "bearbeiten", "gespeichert",
    "lautet", "melden", "beantworten", "antworten", "antwort", "kontakt", "kontaktieren",
    "kontaktaufnahme", "setzen", "verbindung", "erreichen", "rückfragen", "fragen", "frage", "noch",
    "weitere", "weiteren", "angeben", "geben", "verwenden", "nennen", "mitarbeiter", "kollege",
    "kollegen", "kundenservice", "kundendienst", "sehr", "geehrte", "geehrter", "geehrtes", "damen",
    "herren", "herr", "frau", "kunde", "kundin", "hallo", "guten", "liebe", "lieber", "rufen",
    "telefonisch", "verständnis", "geduld", "stand", "verfolgen", "einsehen", "öffnungszeiten",
    "sich", "nach", "bis", "auch", "per", "wenn", "falls",

    "le", "la", "les", "l", "un", "une", "de", "du", "d", "nous", "vous", "votre", "vos", "notre",
    "nos", "avons", "avez", "bien", "reçu", "reçue", "été", "est", "sont", "sera", "seront", "a",
    "au", "aux", "en", "dans", "sous", "sur", "pour", "par", "avec", "et", "ou", "que", "ce",
    "cette", "ces", "merci", "demande", "courriel", "référence", "enregistrée", "enregistré",
    "prise", "compte", "charge", "répondrons", "répondra", "réponse", "contacterons",
    "recontacterons", "contacter", "contactés", "meilleurs", "délais", "plus", "brefs", "dès",
    "bonjour", "madame", "monsieur", "cher", "chère", "client", "cliente", "équipe", "clientèle",
    "heures", "jours", "ouvrés", "ouvrables", "traitée", "traiter", "conserver", "rappeler", "si",

    "el", "los", "las", "una", "del", "al", "y", "con", "por", "para", "su", "sus", "se", "lo",
    "nuestro", "nuestra", "hemos", "ha", "han", "sido", "recibido", "recibida", "registrado",
    "registrada", "mensaje", "correo", "consulta", "referencia", "gracias", "contactar",
    "contacto", "ponerse", "nos", "pondremos", "responderemos", "respuesta", "antes", "posible",
    "pronto", "brevedad", "mayor", "horas", "días", "hábiles", "laborables", "estimado",
    "estimada", "señor", "señora", "hola", "equipo", "soporte", "atención", "servicio",
    "preguntas", "tiene", "este", "esta", "favor",

    "il", "i", "gli", "uno", "di", "della", "dei", "da", "dal", "alla", "nel", "su", "o", "che", "è",
    "stata", "stato", "sarà", "abbiamo", "ricevuto", "ricevuta", "registrata", "sua", "suo",
    "vostra", "vostro", "messaggio", "pratica", "riferimento", "grazie", "averci", "contattato",
    "risponderemo", "risposta", "contatteremo", "prima", "più", "presto", "breve", "entro", "ore",
    "giorni", "lavorativi", "gentile", "signore", "signora", "buongiorno", "salve", "assistenza",
    "servizio", "clienti", "nostro", "nostra", "questo", "questa", "supporto",

    "os", "as", "um", "uma", "do", "dos", "das", "ao", "à", "em", "na", "com", "foi", "recebemos",
    "recebido", "recebida", "seu", "mensagem", "protocolo", "obrigado", "obrigada", "contato",
    "entrar", "entraremos", "resposta", "retornaremos", "mais", "rápido", "possível", "assim",
    "dentro", "dias", "úteis", "prezado", "prezada", "olá", "equipe", "equipa", "suporte",
    "atendimento", "nosso", "nossa", "responderemos",

    "het", "een", "van", "bij", "voor", "met", "onder", "naar", "aan", "u", "uw", "wij", "we", "ons",
    "onze", "hebben", "hebt", "heeft", "zijn", "wordt", "worden", "ontvangen", "geregistreerd",
    "aangemaakt", "verzoek", "bericht", "vraag", "vragen", "melding", "kenmerk", "bedankt",
    "contact", "op", "opnemen", "nemen", "beantwoorden", "antwoord", "reageren", "reactie",
    "spoedig", "zo", "snel", "mogelijk", "binnen", "uur", "werkdag", "werkdagen", "dagen", "beste",
    "geachte", "heer", "mevrouw", "klant", "klantenservice", "dit", "deze",

    "vi", "har", "tagit", "emot", "mottagit", "modtaget", "mottatt", "ditt", "din", "er", "ert",
    "deres", "meddelande", "mejl", "fråga", "förfrågan", "henvendelse", "besked", "melding", "och",
    "og", "är", "tack", "tak", "takk", "för", "att", "at", "du", "ni", "kontaktade", "kontaktede",
    "kontaktet", "oss", "os", "återkommer", "svarar", "svarer", "svar", "så", "snart", "som",
    "möjligt", "hurtigst", "muligt", "mulig", "vender", "tilbage", "kommer", "tilbake", "inom",
    "inden", "innen", "timmar", "timer", "arbetsdagar", "arbejdsdage", "hverdage", "hej", "hei",
    "kære", "kjære", "kunde", "kundtjänst", "kundeservice", "registrerats", "registreret",
    "skapats", "oprettet", "opprettet", "med", "det", "detta", "til", "till",

    "olemme", "vastaanottaneet", "viestisi", "viestinne", "pyyntösi", "tukipyyntösi", "on", "ja",
    "kiitos", "yhteydenotostasi", "vastaamme", "otamme", "yhteyttä", "sinuun", "mahdollisimman",
    "pian", "arkipäivän", "kuluessa", "asiakas", "asiakaspalvelu", "tuki", "tunnin",

    "otrzymaliśmy", "twoje", "twoją", "państwa", "pana", "pani", "wiadomość", "zapytanie",
    "numerem", "pod", "jest", "zostało", "zarejestrowane", "przyjęte", "dziękujemy", "za",
    "odpowiemy", "skontaktujemy", "się", "z", "najszybciej", "jak", "to", "możliwe", "wkrótce", "w",
    "ciągu", "godzin", "dni", "roboczych", "szanowni", "szanowny", "państwo", "panie", "dzień",
    "dobry", "zespół", "obsługa", "klienta", "na",

    "obdrželi", "jsme", "přijali", "váš", "vaši", "vaše", "zprávu", "dotaz", "číslem", "byl",
    "zaevidován", "děkujeme", "kontaktování", "budeme", "vás", "kontaktovat", "ozveme", "odpovíme",
    "co", "nejdříve", "brzy", "dobrý", "den", "vážený", "zákazníku", "tým", "podpora",

    "мы", "получили", "ваш", "ваше", "вашу", "запрос", "письмо", "сообщение", "заявку", "под",
    "зарегистрировано", "зарегистрирована", "спасибо", "за", "ответим", "свяжемся", "с", "вами",
    "в", "ближайшее", "время", "течение", "часов", "рабочих", "дней", "здравствуйте", "уважаемый",
    "клиент", "служба", "поддержки", "команда",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_written_as_texts_are_folded() {
        for list in [RECEIPTS, PUT_BY, NUMBERS, PROMISES, STOCK, QUESTIONS] {
            for word in list {
                assert_eq!(&plain(word), word);
            }
        }
    }
}
