//! Whose names may stand in a short thanks, so that they ask for nothing.
//!
//! Vocabulary: people are known by the message's own addresses, by who owns the client's cases, by
//! what is quoted (who wrote it, who signed it), and by being *thanked by name*: right behind the
//! thanks ("Thanks Alice!"), or behind a greeting or a title ("Danke, Frau Weber!").

use super::super::facts::MessageFacts;
use super::super::rules::Rules;
use super::direction::Direction;
use super::signature::is_office;
use super::text::{fold, words};
use super::thanks::{is_attribution, is_closing, is_quote_mark};
use super::words::{COURTESY, THANKS};

/// The most words of a name.
const NAME_WORDS_MAX: usize = 3;

/// All names that may stand in `own`, the lines somebody wrote himself, folded.
pub(super) fn of_people(
    facts: &MessageFacts,
    direction: &Direction<'_>,
    rules: &Rules,
    own: &[&str],
) -> Vec<String> {
    let authors = direction.author.iter().chain(&facts.from);
    let mut names: Vec<String> = authors
        .filter_map(|author| author.name.as_deref())
        .flat_map(all_words)
        .collect();
    let addresses = facts.from.iter().map(|author| &author.address);
    for address in addresses.chain(facts.recipients()) {
        names.extend(address.local().split(['.', '_', '-', '+']).map(fold));
    }
    let others = owners(direction, rules)
        .into_iter()
        .chain(quoted(facts.text.as_deref().unwrap_or_default()));
    names.extend(others.filter(|name| !is_office(name)));
    names.extend(own.iter().flat_map(|line| thanked(line)));
    names
}

fn all_words(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| word.text).collect()
}

/// The names in the addresses of who owns the client's cases.
fn owners(direction: &Direction<'_>, rules: &Rules) -> Vec<String> {
    let client = direction
        .client
        .as_ref()
        .and_then(|key| rules.clients.get(key));
    let owners = client
        .into_iter()
        .flat_map(|client| client.owners.iter().chain(&client.backups));
    let parts = owners.flat_map(|address| address.local().split(['.', '_', '-', '+']));
    parts
        .map(fold)
        .filter(|part| part.chars().count() > 1)
        .collect()
}

/// Who is quoted: by the line that begins the quotation, where it names an address (`On Mon, 2
/// Mar 2026 at 9:00 AM Alice Smith <alice@northwind.example> wrote:`, `From: Alice Smith <…>`),
/// and by the closing of what is quoted.
fn quoted(text: &str) -> Vec<String> {
    let mut lines = text
        .lines()
        .map(|line| line.trim_start_matches(['>', ' ']).trim());
    let begins = |line: &&str| {
        let folded = fold(line);
        is_attribution(&folded) || is_quote_mark(&folded)
    };
    let Some(first) = lines.find(begins) else {
        return Vec::new();
    };
    let mut names = named_before_address(first);
    let mut below = lines.filter(|line| !line.is_empty());
    if below.any(is_closing)
        && let Some(signed) = below.next()
    {
        let signed = all_words(signed);
        names.extend(signed.into_iter().take(NAME_WORDS_MAX));
    }
    names
}

fn named_before_address(line: &str) -> Vec<String> {
    let Some((before, _)) = line.split_once('<') else {
        return Vec::new();
    };
    let is_name = |token: &&str| {
        let is_time = matches!(*token, "AM" | "PM");
        !is_time
            && token
                .chars()
                .all(|c| c.is_alphabetic() || "-'’".contains(c))
            && token.starts_with(char::is_uppercase)
    };
    let tokens = before.split_whitespace().rev().take_while(is_name);
    tokens.take(NAME_WORDS_MAX).flat_map(all_words).collect()
}

/// Who is thanked by name in a line. A name begins with a capital and goes on without; in German,
/// where things are written so too, nothing but a title parts it from the thanks.
fn thanked(line: &str) -> Vec<String> {
    let tokens: Vec<&str> = line.split_whitespace().collect();
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (word, behind) = (bare(token), &tokens[at + 1..]);
        if THANKS.contains(&word.as_str()) {
            names.extend(behind_thanks(&tokens[at..]));
        }
        let greets = at == 0 && GREETINGS.contains(&word.as_str());
        if (is_title(token) || greets)
            && let Some(name) = behind.iter().find(|token| !is_title(token))
            && is_name(name)
        {
            names.extend([word, bare(name)]);
        }
    }
    names
}

fn is_title(token: &str) -> bool {
    TITLES.contains(&bare(token).as_str())
}

/// The name that follows a word of thanks and ends the clause: `Thanks so much, Alice.`
fn behind_thanks(tokens: &[&str]) -> Option<String> {
    const GERMAN: &[&str] = &["danke", "dankeschön", "dank", "besten"];
    let (thanks, rest) = tokens.split_first()?;
    let is_polite = |token: &&&str| {
        let word = bare(token);
        (COURTESY.contains(&word.as_str()) || THANKS.contains(&word.as_str())) && !ends(token)
    };
    let polite = rest.iter().take_while(is_polite).count();
    // The last of them may bear the comma.
    let mut at = polite;
    let mut comma = polite
        .checked_sub(1)
        .map_or(*thanks, |last| rest[last])
        .ends_with(',');
    let next = rest.get(at)?;
    if next.ends_with(',') && COURTESY.contains(&bare(next).as_str()) {
        at += 1;
        comma = true;
    }
    let name = rest.get(at)?;
    let is_last =
        rest.len() == at + 1 || ends(name) || !rest[at + 1].contains(char::is_alphanumeric);
    let german = comma && GERMAN.contains(&bare(thanks).as_str());
    let parted = ends(thanks) && !thanks.ends_with(',');
    (is_last && !german && !parted && is_name(name)).then(|| bare(name))
}

/// Whether a clause ends with this word.
fn ends(token: &str) -> bool {
    token.ends_with([',', '.', '!', '?', ':', ';', '…'])
}

fn bare(token: &str) -> String {
    fold(token.trim_matches(|c: char| !c.is_alphanumeric()))
}

/// Whether a word is written as names are: `Weber`, `Jean-Luc`, `O'Neill`; not `ASAP`.
fn is_name(token: &&str) -> bool {
    let token = token.trim_matches(|c: char| !c.is_alphanumeric());
    let mut chars = token.chars();
    let capital = chars.next().is_some_and(char::is_uppercase);
    capital
        && chars.clone().any(char::is_lowercase)
        && chars.all(|c| c.is_alphabetic() || "-'’".contains(c))
}

/// Words that a greeting begins with.
#[rustfmt::skip]
const GREETINGS: &[&str] = &[
    "hi", "hello", "hey", "dear", "hallo", "liebe", "lieber", "moin", "bonjour", "salut", "cher",
    "chère", "hola", "estimado", "estimada", "ciao", "gentile", "caro", "cara", "olá", "beste",
    "hej", "hei", "kære", "kjære", "cześć", "ahoj", "привет",
];

/// Words that stand before a name.
#[rustfmt::skip]
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "herrn", "frau", "madame", "mme",
    "monsieur", "señor", "señora", "sr", "sra", "signor", "signora", "sig", "sig.ra", "senhor",
    "senhora", "heer", "mevrouw", "pan", "pani", "paní",
];
