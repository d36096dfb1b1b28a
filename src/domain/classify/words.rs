//! The lists of words and phrases that the rules look for, in the languages we know of.
//!
//! Words that are compared with folded text are written folded: lower case, `ss` for `ß`.

/// `Re:` in the languages mail programs write it.
#[rustfmt::skip]
pub(super) const REPLY_PREFIXES: &[&str] = &[
    "re:", "aw:", "sv:", "vs:", "antw:", "antwort:", "odp:", "res:", "ynt:", "ref:", "r:", "回复:",
    "答复:", "回覆:",
];

/// Forwarding marks.
#[rustfmt::skip]
pub(super) const FORWARD_PREFIXES: &[&str] = &[
    "fw:", "fwd:", "wg:", "tr:", "rv:", "i:", "doorst:", "vb:", "enc:", "pd:",
    "vl:", "ilt:", "转发:", "轉寄:",
];

/// Beginnings of subjects that automatic replies bear, followed by a colon.
/// Sources: Exchange, Outlook, Notes, Gmail, GroupWise and the list in Discourse's receiver.
#[rustfmt::skip]
pub(super) const AUTOMATIC_SUBJECTS: &[&str] = &[
    "autoreply", "auto-reply", "auto reply", "auto response", "auto-response", "autoresponse",
    "automatic reply", "automatic response", "automated reply", "automated response",
    "out of office autoreply",
    "out of office auto reply", "out of office auto-reply", "out of office reply",
    "out-of-office reply", "out of the office reply", "out of office automatic reply",
    "automatische antwort", "abwesenheitsnotiz", "abwesenheitsnachricht",
    "automatische rückantwort", "automatische abwesenheitsnotiz", "abwesenheitsassistent",
    "réponse automatique", "reponse automatique", "message automatique", "réponse d'absence",
    "respuesta automática", "respuesta automatica", "risposta automatica",
    "risposta non al computer", "resposta automática", "resposta automatica",
    "automatisch antwoord", "automatische beantwoording", "afwezigheidsmelding", "autosvar",
    "automatisk svar", "automatiskt svar", "automaattinen vastaus", "poissaoloviesti",
    "automatyczna odpowiedź", "odpowiedź automatyczna", "autoodpowiedź", "automatická odpověď",
    "automatická odpoveď", "automatikus válasz", "răspuns automat", "автоответ",
    "автоматический ответ", "автоматична відповідь", "автоматичен отговор",
    "αυτόματη απάντηση", "otomatik yanıt", "otomatik cevap", "自動返信", "自動応答", "自动回复",
    "自动答复", "自動回覆", "자동 회신", "자동 응답", "balasan otomatis", "ตอบกลับอัตโนมัติ",
    "trả lời tự động", "ārpus biroja atrašanās automātiskā atbilde",
    "arpus biroja atrasanas automatiska atbilde", "automātiska atbilde", "automaatvastus", "automatinis atsakymas",
    "samodejni odgovor", "automatski odgovor", "رد تلقائي", "מענה אוטומטי",
];

/// Beginnings of subjects that automatic replies bear, and people's mail about an absence too.
#[rustfmt::skip]
pub(super) const ABSENCE_SUBJECTS: &[&str] = &[
    "out of office", "out of the office", "out-of-office", "auto", "vacation", "absence du bureau", "fuera de la oficina", "ausente de la oficina",
    "fuori sede", "fuori ufficio", "ausência temporária", "frånvaro", "frånvarande",
    "fraværende", "ikke til stede", "poissa", "تلقائي", "abwesend", "abwesenheit", "afwezig",
    "afwezigheid", "absent", "absente", "ausente", "assente", "absence",
    "nieobecność", "nieobecny", "nieobecna", "poza biurem", "mimo kancelář", "вне офиса", "отсутствую",
    "ofis dışında", "不在", "外出", "외출", "부재중",
];

/// Phrases that programs put anywhere in a subject.
#[rustfmt::skip]
pub(super) const AUTOMATIC_SUBJECT_PHRASES: &[&str] = &[
    "automatiska atbilde:", "out of office autoreply:", "automatic reply:",
    "automatische antwort:", "(autoreply)", "(auto-reply)", "[auto-reply]", "[autoreply]",
    "(automatic reply)", "[automatic reply]",
];

/// Sentences in the first lines by which a program says that it answers by itself. `…` stands for
/// words within a sentence.
#[rustfmt::skip]
pub(super) const AUTOMATIC_SENTENCES: &[&str] = &[
    "this is an automatic reply", "this is an automated reply", "this is an auto-reply",
    "this is an automatic response", "this is an automated response",
    "this is an auto-response", "this is an automatically generated reply",
    "this is an autoreply", "this is an automatic acknowledgement",
    "this is an automated acknowledgement", "this is an automatic acknowledgment",
    "this is an automated out of office", "dies ist eine automatische antwort",
    "dies ist eine automatische nachricht", "dies ist eine automatische e-mail",
    "dies ist eine automatische mail", "dies ist eine automatisch …generierte",
    "dies ist eine automatisch …erstellte", "dies ist eine automatisch …erzeugte",
    "dies ist eine automatisch …versendete", "dies ist eine automatisch …versandte",
    "dies ist eine automatisch …verschickte", "dies ist eine automatisch …gesendete",
    "diese e-mail wurde automatisch …generiert", "diese e-mail wurde automatisch …erstellt",
    "diese e-mail wurde automatisch …erzeugt", "diese e-mail wurde automatisch …versendet",
    "diese e-mail wurde automatisch …versandt", "diese e-mail wurde automatisch …verschickt",
    "diese e-mail wurde automatisch …gesendet", "ihre e-mail wird nicht weitergeleitet",
    "ihre nachricht wird nicht weitergeleitet",
    "ceci est une réponse automatique", "ceci est un message automatique",
    "este es un mensaje automático", "esta es una respuesta automática",
    "questa è una risposta automatica", "esta é uma resposta automática",
    "dit is een automatisch antwoord", "dit is een automatisch bericht",
    "dit is een automatische", "dit is een automatisch …gegenereerd",
    "dit is een automatisch …verzonden", "detta är ett automatiskt svar",
    "detta är ett automatiskt meddelande", "detta är ett automatiskt …genererat",
    "detta är ett automatiskt mejl", "detta är ett automatiskt mail",
    "dette er et automatisk svar", "dette er et automatisk …generert",
    "dette er et automatisk …genereret", "dette er en automatisk besked",
    "dette er en automatisk melding", "dette er en automatisk meddelelse",
    "dette er en automatisk mail", "dette er en automatisk e-", "dette er en automatisk svar",
    "dette er en automatisk …generert", "dette er en automatisk …genereret",
    "tämä on automaattinen vastaus", "tämä on automaattinen viesti",
    "tämä on automaattinen poissaolo", "tämä on automaattinen ilmoitus", "to jest automatyczna odpowiedź",
    "this is the only notification you will receive while this person is away",
];

/// Sentences that newsletters begin with.
#[rustfmt::skip]
pub(super) const BULK_SENTENCES: &[&str] = &[
    "view this email in your browser", "view this e-mail in your browser",
    "view it in your browser", "view in browser", "view online version",
    "you are receiving this email because", "you are receiving this e-mail because",
    "you received this email because", "you are receiving this newsletter",
    "you are subscribed to", "you're subscribed to", "you are currently subscribed to",
    "you have received this message because you subscribed",
    "you have received this email because you subscribed", "you are receiving this message because",
    "you receive this e-mail because", "you receive this email because",
    "this email was sent to", "this e-mail was sent to", "this message was sent to",
    "this email has been sent to", "this e-mail has been sent to",
    "to view this newsletter", "to change your subscriber", "to change your subscription",
    "address for your subscription", "you have subscribed to", "having trouble viewing",
    "trouble viewing this email", "sie erhalten diese e-mail, weil", "sie erhalten diese mail, weil",
    "sie erhalten diesen newsletter", "wenn sie diesen newsletter nicht mehr",
    "vous recevez cet e-mail", "vous recevez ce mail", "vous recevez cet email",
    "recibe este correo", "ricevi questa email", "ricevi questa e-mail",
    "to unsubscribe", "unsubscribe here", "click here to unsubscribe",
    "if you no longer wish to receive", "im browser ansehen", "im browser anzeigen",
    "newsletter abbestellen", "voir dans le navigateur", "se désabonner", "se désinscrire",
    "ver en el navegador", "darse de baja", "visualizza nel browser", "annulla iscrizione",
    "bekijk in browser", "afmelden voor", "in this issue", "in today's issue",
    "in dieser ausgabe",
    "dans ce numéro", "en este número", "in questo numero",
];

/// How newsletters speak of leaving them.
#[rustfmt::skip]
pub(super) const LEAVING_WORDS: &[&str] = &[
    "unsubscribe", "unsubscribing", "be unsubscribed", "opt out", "opt-out", "optout",
    "removed from this list", "removed from our list", "removed from our mailing list",
    "remove yourself from", "manage your subscription", "manage my subscription",
    "manage subscriptions", "email preferences", "e-mail preferences", "abbestellen",
    "abmelden", "austragen", "désabonner", "desabonner", "désinscrire", "désinscription",
    "darse de baja", "date de baja", "cancelar suscripción", "annulla iscrizione",
    "cancella iscrizione", "disiscriv", "cancelar inscrição", "cancelar subscrição",
    "uitschrijven", "afmelden", "avregistrera", "avsluta prenumeration", "frameld",
    "afmeld", "avmeld", "peruuta tilaus", "wypisz", "zrezygnuj z subskrypcji", "odhlásit",
    "leiratkoz", "dezabon", "отписаться", "відписатися", "abonelikten", "配信停止", "退订",
    "退訂", "수신거부",
];

/// What programs say of their own mail in their text; `…` as in [`AUTOMATIC_SENTENCES`].
#[rustfmt::skip]
pub(super) const PROGRAM_SENTENCES: &[&str] = &[
    "do not reply to this", "don't reply to this", "do not respond to this",
    "please do not reply", "replies to this email", "replies to this message",
    "replies to this e-mail", "this mailbox is not monitored", "this mailbox is unattended",
    "is an unmonitored", "this is an automated message", "this is an automated email",
    "this is an automated e-mail", "this is an automated notification",
    "this is an automatic message", "this is an automatic notification",
    "this is an automatically generated", "this is an auto-generated",
    "this is a system generated", "this is a system-generated", 
    "this email was automatically …generated", "this email was automatically …sent",
    "this email was automatically …created", "this email was automatically …produced",
    "this email was automatically …issued", "this email was automatically …triggered",
    "this e-mail was automatically …generated", "this e-mail was automatically …sent",
    "this e-mail was automatically …created", "this e-mail was automatically …produced",
    "this e-mail was automatically …issued", "this e-mail was automatically …triggered",
    "this message was automatically …generated", "this message was automatically …sent",
    "this message was automatically …created", "this message was automatically …produced",
    "this message was automatically …issued", "this message was automatically …triggered",
    "this mail was automatically …generated", "this mail was automatically …sent",
    "this mail was automatically …created", "this mail was automatically …produced",
    "this mail was automatically …issued", "this mail was automatically …triggered",
    "this mail is automatically generated",
    "this message is automatically generated", "this email is automatically generated",
    "this message was generated automatically", "this email was generated automatically",
    "this email was sent automatically", "this message was sent automatically",
    "you have received this notification because", "you are receiving this notification",
    "diese e-mail wurde automatisch …generiert", "diese e-mail wurde automatisch …erstellt",
    "diese e-mail wurde automatisch …erzeugt", "diese e-mail wurde automatisch …versendet",
    "diese e-mail wurde automatisch …versandt", "diese e-mail wurde automatisch …verschickt",
    "diese e-mail wurde automatisch …gesendet", "diese email wurde automatisch …generiert",
    "diese email wurde automatisch …erstellt", "diese email wurde automatisch …erzeugt",
    "diese email wurde automatisch …versendet", "diese email wurde automatisch …versandt",
    "diese email wurde automatisch …verschickt", "diese email wurde automatisch …gesendet",
    "diese nachricht wurde automatisch …generiert", "diese nachricht wurde automatisch …erstellt",
    "diese nachricht wurde automatisch …erzeugt", "diese nachricht wurde automatisch …versendet",
    "diese nachricht wurde automatisch …versandt", "diese nachricht wurde automatisch …verschickt",
    "diese nachricht wurde automatisch …gesendet", "diese mail wurde automatisch …generiert",
    "diese mail wurde automatisch …erstellt", "diese mail wurde automatisch …erzeugt",
    "diese mail wurde automatisch …versendet", "diese mail wurde automatisch …versandt",
    "diese mail wurde automatisch …verschickt", "diese mail wurde automatisch …gesendet",
    "antworten sie nicht auf diese",
    "antworten sie bitte nicht auf diese", "auf diese e-mail nicht antworten",
    "ne pas répondre à ce", "ne répondez pas à ce", "ceci est un message automatique",
    "ce message est généré automatiquement", "ce message a été envoyé automatiquement",
    "no responda a este", "no responder a este", "este es un mensaje automático",
    "este mensaje se ha generado automáticamente", "non rispondere a quest",
    "questo è un messaggio automatico", "questa è una mail automatica",
    "não responda a est", "esta é uma mensagem automática", "niet op deze e-mail",
    "dit is een automatisch bericht", "dit is een automatisch gegenereerd",
    "detta är ett automatiskt meddelande", "svara inte på detta", "dette er en automatisk",
    "ikke svar på denne", "tämä on automaattinen viesti", "älä vastaa tähän",
    "prosimy nie odpowiadać na", "wiadomość została wygenerowana automatycznie",
    "na tento e-mail neodpovídejte", "это автоматическое сообщение",
    "не отвечайте на это", "bu e-postayı yanıtlamayın", "このメールに返信", "本邮件由系统自动",
    "请勿回复", "請勿回覆",
];

/// Programs that send mail by themselves, and mailing services, as they sign in `X-Mailer`: whole
/// words. The address of a page is no sign: webmail and people's programs name theirs, too.
#[rustfmt::skip]
pub(super) const MAILERS: &[&str] = &[
    "phpmailer", "php", "swiftmailer", "symfony", "zend", "zend_mail", "codeigniter", "drupal",
    "wordpress", "joomla", "typo3", "nodemailer", "javamail", "aspmail", "aspnetemail",
    "persits", "mime::lite", "mime-tools", "perl", "python", "microsoft cdo", "listmanager",
    "lyris", "listserv", "phplist", "mailman", "majordomo", "listprocessor", "sympa", "ezmlm",
    "dada mail", "mailchimp", "mailjet", "sendinblue", "brevo", "sendgrid", "mailgun",
    "mandrill", "sparkpost", "postmark", "cleverreach", "inxmail", "newsletter2go", "rapidmail",
    "mailerlite", "getresponse", "aweber", "responsys", "exacttarget", "sailthru", "silverpop",
    "strongmail", "powermta", "sendblaster", "acymailing", "supermailer", "accucast",
    "constant contact", "roving", "icontact", "verticalresponse", "whatcounts", "cheetahmail",
    "bluehornet", "blue hornet", "bronto", "dotmailer", "emarsys", "optivo", "agnitas",
    "openemm", "klicktipp", "klick-tipp", "mailup", "sarbacane", "unisender", "sendpulse",
    "klaviyo", "marketo", "eloqua", "pardot", "sendy", "mautic", "mailwizz", "interspire",
    "groupmail", "worldmerge", "gammadyne", "campaign", "campaigner", "campaignmonitor",
    "campaign monitor", "activecampaign", "newsletter", "newsletters", "bulk mail", "bulkmail",
    "bulkmailer", "mass mail", "massmail", "massmailer",
];

/// Words in a local part by which an address reaches everybody.
#[rustfmt::skip]
pub(super) const EVERYBODY_WORDS: &[&str] = &[
    "all", "everyone", "everybody", "employees", "allstaff", "allusers", "allemployees", "alle",
    "tous", "todos", "tutti", "subscribers",
];

/// What programs say when somebody pressed a button.
#[rustfmt::skip]
pub(super) const REACTIONS: &[&str] = &["reacted via gmail", "reacted to your message"];

/// What calendar programs put before the colon of an answer to an invitation: yes, no, perhaps.
#[rustfmt::skip]
pub(super) const CALENDAR_ANSWERS: &[&str] = &[
    "accepted", "declined", "tentative", "tentatively accepted", "zugesagt", "angenommen",
    "abgesagt", "abgelehnt", "mit vorbehalt", "mit vorbehalt angenommen", "vorläufig zugesagt",
    "accepté", "refusé", "provisoire", "aceptado", "aceptada", "rechazado", "rechazada",
    "provisional", "accettato", "rifiutato", "provvisorio", "geaccepteerd", "geweigerd",
    "afgewezen", "voorlopig", "aceite", "aceito", "recusado", "recusada", "provisório",
    "accepterat", "accepterad", "avböjt", "preliminärt", "accepteret", "afslået", "afvist",
    "foreløbig", "godtatt", "avslått", "hyväksytty", "hylätty", "alustava", "zaakceptowano",
    "odrzucono", "wstępnie", "přijato", "odmítnuto", "принято", "отклонено",
];

/// How programs speak of a form on a web page that somebody filled in.
#[rustfmt::skip]
pub(super) const FORM_SENTENCES: &[&str] = &[
    "contact form", "web form", "webform", "enquiry form", "inquiry form", "booking form",
    "order form", "from your website", "through your website", "via your website",
    "kontaktformular", "webformular", "anfrageformular", "bestellformular", "buchungsformular",
    "von ihrer website", "von ihrer webseite", "über ihre website", "über ihre webseite",
    "formulaire de contact", "depuis votre site", "formulario de contacto",
    "desde su sitio web", "modulo di contatto", "modulo contatti", "dal tuo sito", "dal vostro sito",
    "formulário de contato", "formulário de contacto", "contactformulier", "kontaktformulär",
    "yhteydenottolomake", "formularz kontaktowy", "formularza kontaktowego",
    "kontaktní formulář", "kontaktního formuláře", "форма обратной связи",
    "формы обратной связи", "お問い合わせフォーム", "联系表单", "聯絡表單",
];

/// Beginnings of subjects that mail systems write when they could not deliver.
#[rustfmt::skip]
pub(super) const BOUNCE_SUBJECTS: &[&str] = &[
    "undelivered mail returned to sender", "undeliverable:", "undeliverable mail",
    "undeliverable message", "undelivered mail", "undelivered message", "undeliverable",
    "delivery status notification", "delivery notification", "delivery failure",
    "delivery failed", "delivery report", "delivery has failed", "delivery error",
    "returned mail:", "returned mail", "returned email", "mail returned",
    "mail delivery failed", "mail delivery failure", "mail delivery error",
    "mail delivery problem", "mail delivery system", "mail delivery status", "mail delivery",
    "message delivery failure", "message undeliverable", "message not delivered",
    "failure notice", "failure delivery", "failed delivery", "failed mail",
    "mail could not be delivered", "could not send message", "warning: could not send message",
    "warning: message", "delayed mail", "delivery delayed", "delivery delay",
    "mail system error", "mail error", "message status - undeliverable", "non remis",
    "non-délivré", "nicht zustellbar", "unzustellbar", "unzustellbare",
    "zustellung fehlgeschlagen", "mail konnte nicht zugestellt", "rückläufer",
    "no se puede entregar", "no entregado", "non recapitabile", "non recapitato",
    "onbestelbaar", "kan inte levereras", "不達", "配信不能", "無法傳遞", "未能送达", "недоставленное",
    "недоставленное сообщение", "nondeliverable mail", "nondelivery report", "non-delivery",
    "ndn:", "dsn:", "could not deliver", "unable to deliver", "user unknown", "unknown address",
    "postmaster notify", "mdaemon notification", "email rejected", "message rejected",
    "rejected mail", "mail rejected", "[bounce] ", "error sending message",
    "errore di consegna", "returned to sender", "cannot deliver",
    "your message could not be delivered", "smtp error",
];

/// Display names under which mail systems write.
#[rustfmt::skip]
pub(super) const BOUNCE_NAMES: &[&str] = &[
    "mail delivery subsystem", "mail delivery system", "mail delivery service",
    "mail administrator", "internet mail delivery", "mailer-daemon", "mailer daemon",
    "delivery subsystem", "postmaster", "mail router", "email delivery subsystem",
];

/// What mail systems say of an address that could not be reached.
#[rustfmt::skip]
pub(super) const BOUNCE_SENTENCES: &[&str] = &[
    "no such user", "user unknown", "unknown user", "invalid user", "mailbox unavailable",
    "mailbox not found", "could not be delivered", "was not delivered", "delivery failed",
    "undeliverable", "recipient rejected", "address rejected", "mailbox full", "over quota",
];

/// Words in a local part under which nobody but a newsletter writes.
#[rustfmt::skip]
pub(super) const BULK_WORDS: &[&str] = &[
    "newsletter", "newsletters", "news", "enews", "announcement", "announcements", "announce",
    "mailinglist", "subscriptions", "subscriber", "mailing", "mailings", "promotions",
    "listmanager", "mailer",
];

/// Words in a local part that name an office, not a person (RFC 2142, sections 3 and 5, and what
/// companies use).
#[rustfmt::skip]
pub(super) const ROLE_WORDS: &[&str] = &[
    "info", "marketing", "sales", "support", "service", "services", "contact", "office", "team",
    "hello", "events", "news", "press", "shop", "order", "orders", "billing", "help", "helpdesk",
    "mail", "customerservice", "kontakt", "kundenservice", "vertrieb", "contacto",
];

/// Words in a local part under which web pages send what was filled in there.
#[rustfmt::skip]
pub(super) const FORM_WORDS: &[&str] = &[
    "wordpress", "typo3", "joomla", "drupal", "cms", "web", "www", "website", "webform",
    "webforms", "webmaster", "webserver", "site", "homepage", "form", "forms", "contactform",
    "formular", "kontaktformular", "formulaire", "formulario", "anfrage", "enquiries", "enquiry",
    "inquiries", "inquiry", "request", "requests", "leads",
];

/// Words in a display name, or the first label of a domain, of newsletters.
#[rustfmt::skip]
pub(super) const BULK_NAMES: &[&str] = &[
    "newsletter", "newsletters", "enews", "enewsletter", "mailings", "rundbrief", "nyhetsbrev",
    "nieuwsbrief", "nyhedsbrev", "infolettre", "mailinglist",
];

/// Labels of the hosts on which list programs and their like run.
#[rustfmt::skip]
pub(super) const LIST_HOSTS: &[&str] = &[
    "list", "lists", "listserv", "listserver", "mailman", "majordomo", "groups", "mailer",
];

/// Words in a local part under which nobody but a program writes.
#[rustfmt::skip]
pub(super) const PROGRAM_WORDS: &[&str] = &[
    "anacron", "notify", "notifier", "notification",
    "notifications", "alert", "alerts", "alarm", "reminder", "reminders", "rss",
    "robot", "bot", "automailer", "autoconfirm", "bounce", "bounces", "system",
    "nagios", "zabbix", "monitoring", "jenkins", "gitlab", "jira", "builds",
    "automated", "automatic", "autoreply", "tracking", "listserv", "majordomo", "mailman",
];

/// Accounts of a Unix machine under which its programs run: no person sends a Bcc from them.
#[rustfmt::skip]
pub(super) const SYSTEM_ACCOUNTS: &[&str] = &[
    "root", "nobody", "daemon", "cron", "uucp", "www-data", "httpd", "apache", "oracle",
    "postgres", "mysql", "backup",
];

/// Lines that phones add below a text.
#[rustfmt::skip]
pub(super) const PHONE_SIGNATURES: &[&str] = &[
    "sent from my", "sent from mail for", "sent from outlook", "get outlook for", "von meinem",
    "gesendet von", "envoyé de mon", "envoyé depuis", "enviado desde", "enviado do meu",
    "inviato da", "verzonden vanaf", "skickat från", "sendt fra", "lähetetty",
];

/// Last words of the lines that close a letter.
#[rustfmt::skip]
pub(super) const CLOSINGS: &[&str] = &[
    "regards", "wishes", "cheers", "sincerely", "best", "faithfully", "truly", "respectfully",
    "cordially", "rgds", "grüße", "grüsse", "grüssen", "grüßen", "gruss", "gruessen", "gruesse",
    "hochachtungsvoll", "herzlichst", "freundlichst", "mfg", "cordialement", "salutations",
    "distinguées", "distingués", "respectueusement", "sincèrement", "amicalement", "amitiés",
    "saludos", "saludo", "atentamente", "atte", "cordialmente", "abrazo", "abrazos", "saluti",
    "saluto", "atenciosamente", "cumprimentos", "abraço", "abraços", "saudações", "salutacions",
    "atentament", "saúdos", "groet", "groeten", "groetjes", "hoogachtend", "mvg", "hälsning",
    "hälsningar", "vänligen", "mvh", "hilsen", "hilsner", "kveðja", "kveðju", "kveðjur",
    "terveisin", "terveiset", "ystävällisin", "kunnioittavasti", "lugupidamisega", "tervitades",
    "soovidega", "cieņā", "cieņu", "pagarbiai", "pagarba", "linkėjimais", "pozdrawiam",
    "pozdrowieniami", "pozdrowienia", "poważaniem", "szacunku", "pozdravem", "pozdravom",
    "úctou", "üdvözlettel", "tisztelettel", "üdv", "stimă", "stima", "уважением",
    "уважение", "пожеланиями", "поздрави", "повагою", "побажаннями", "павагай", "pozdrav",
    "pozdravi", "poštovanjem", "spoštovanjem", "поздрав", "поштовањем", "почит", "εκτίμηση",
    "εκτιμηση", "χαιρετισμούσ", "φιλικά", "saygılarımla", "saygilarimla", "saygılarımızla",
    "saygılar", "selamlar", "hörmətlə", "respekt", "përshëndetje", "בברכה", "בכבוד",
    "التحية", "تحياتي", "التقدير", "والتقدير", "الاحترام", "احترام", "सादर", "敬具", "草々", "かしこ",
    "此致", "敬礼", "敬禮", "敬上", "谨上", "謹上", "谨启", "謹啟", "祝好", "商祺", "顺颂商祺", "順頌商祺",
    "드림", "올림", "배상", "ขอแสดงความนับถือ", "ด้วยความเคารพ", "trọng",
];

/// Further words that close a letter where a name follows, and that stand elsewhere too.
#[rustfmt::skip]
pub(super) const CLOSINGS_BEFORE_NAME: &[&str] = &[
    "yours", "warmly", "br", "kr", "lg", "vg", "kh", "vh", "lp", "att", "cdt", "cdlt", "salam",
    "hormat", "kami", "よろしくお願いします", "よろしくお願いいたします", "よろしくお願い致します", "以上",
    "宜しくお願い致します", "宜しくお願いいたします",
];

/// Lines that close a letter, known by all their words.
#[rustfmt::skip]
pub(super) const CLOSING_LINES: &[&str] = &[
    "bien à vous", "bien à toi", "tout à vous", "take care", "talk soon", "med respekt",
    "toate cele bune", "iyi çalışmalar", "iyi günler", "hezký den", "szép napot",
    "všetko dobré", "vse dobro",
];

/// Words of thanks.
#[rustfmt::skip]
pub(super) const THANKS: &[&str] = &[
    "thanks", "thank", "thx", "tks", "thankyou", "ty", "cheers", "danke", "dankeschön", "dank",
    "besten", "merci", "gracias", "grazie", "obrigado", "obrigada", "bedankt", "dankjewel",
    "tack", "takk", "tak", "kiitos", "dziękuję", "dzięki", "děkuji", "díky", "ďakujem",
    "köszönöm", "mulțumesc", "спасибо", "дякую", "благодаря", "ευχαριστώ", "teşekkürler",
    "teşekkür", "hvala", "aitäh", "paldies", "ačiū", "谢谢", "謝謝", "多谢", "ありがとう", "ありがとうございます",
    "ありがとうございました", "감사합니다", "شكرا", "תודה", "ขอบคุณ", "arigato",
];

/// Words of courtesy that go with thanks and ask for nothing.
#[rustfmt::skip]
pub(super) const COURTESY: &[&str] = &[
    "you", "so", "very", "much", "a", "lot", "many", "again", "and", "for", "the", "your",
    "that", "this", "it", "all", "quick", "prompt", "fast", "reply", "answer", "response",
    "help", "support", "info", "information", "update", "great", "perfect", "excellent",
    "wonderful", "brilliant", "super", "awesome", "fantastic", "lovely", "good", "nice", "ok",
    "okay", "noted", "received", "understood", "got", "will", "do", "works", "fine", "best",
    "kind", "warm", "regards", "wishes", "have", "day", "weekend", "evening", "hi", "hello",
    "hey", "dear", "all", "everyone", "team", "appreciated", "appreciate", "is", "really", "i",
    "we", "indeed", "vielen", "lieben", "herzlichen", "schönen", "sehr", "für", "die", "den",
    "das", "ihre", "deine", "eure", "schnelle", "antwort", "hilfe", "rückmeldung",
    "unterstützung", "hallo", "liebe", "lieber", "gut", "perfekt", "prima", "alles", "klar",
    "viele", "grüsse", "grüße", "beste", "freundliche", "freundlichen", "mit", "gruss", "tag",
    "wochenende", "ihnen", "dir", "euch", "beaucoup", "bien", "bonjour", "pour", "votre", "ton",
    "réponse", "parfait", "bonne", "journée", "cordialement", "à", "vous", "toi", "muchas",
    "muchísimas", "por", "tu", "su", "respuesta", "hola", "saludos", "perfecto", "mille",
    "molte", "tante", "per", "la", "il", "risposta", "ciao", "saluti", "perfetto", "muito",
    "pela", "resposta", "olá", "je", "wel", "u", "hartelijk", "groet", "groeten", "med",
    "vänliga", "hälsningar", "så", "mycket", "mange", "hilsen", "venlig", "vennlig", "paljon",
    "bardzo", "pozdrawiam", "большое", "sie", "both", "sounds", "sincerely", "with",
];

#[cfg(test)]
mod tests {
    use super::super::text::fold;
    use super::*;

    #[test]
    fn every_word_is_written_folded() {
        // Words with a sharp s stand beside their folded spelling, for the reader.
        for list in [
            AUTOMATIC_SUBJECTS,
            AUTOMATIC_SENTENCES,
            BULK_SENTENCES,
            LEAVING_WORDS,
            PROGRAM_SENTENCES,
            MAILERS,
            BOUNCE_SUBJECTS,
            THANKS,
            CLOSINGS_BEFORE_NAME,
            CLOSING_LINES,
        ] {
            for word in list {
                assert_eq!(&fold(word), word);
            }
        }
    }
}
