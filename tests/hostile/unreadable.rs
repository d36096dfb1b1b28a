//! Messages that are too deep, too long or not to be read at all. Each lies between two good
//! letters.

use std::io::{self, Write};
use std::sync::Arc;

use crate::letters::{header, id, letter, with_header};
use crate::peer::{Folder, Message, Part, Saying, received_now};
use crate::{Horror, endure};

const MEBIBYTE: usize = 1024 * 1024;

/// A mailbox of three messages, with this one in the middle.
fn between_two(name: &'static str, message: Message, is_readable: bool) -> Horror {
    let folder = Folder::new("INBOX", 3, move |uid| match uid {
        2 => message.clone(),
        _ => letter(name, uid),
    });
    let read = if is_readable {
        vec![1, 2, 3]
    } else {
        vec![1, 3]
    };
    Horror {
        name,
        part: Part::honest(vec![folder]),
        read: read.into_iter().map(|uid| id(name, uid)).collect(),
        set_aside: if is_readable { vec![] } else { vec![2] },
    }
}

/// One that the server sends instead of an answer about message 2.
fn instead(
    name: &'static str,
    write: impl Fn(&mut dyn Write) -> io::Result<()> + Send + Sync + 'static,
) -> Horror {
    let message = Message::Instead(Arc::new(move |_, out| write(out)));
    between_two(name, message, false)
}

/// Sends the same bytes again and again.
fn repeat(out: &mut dyn Write, bytes: &[u8], times: usize) -> io::Result<()> {
    (0..times).try_for_each(|_| out.write_all(bytes))
}

#[test]
fn odd_messages_are_read() {
    let nested = |name| {
        let mut header = header(name, 2);
        header.extend(b"Content-Type: multipart/mixed; boundary=\"0\"\r\n\r\n");
        let levels = 0..10_000;
        let text = levels.map(|level| {
            let next = level + 1;
            format!("--{level}\r\nContent-Type: multipart/mixed; boundary=\"{next}\"\r\n\r\n")
        });
        let text: String = text.collect();
        Message::Letter {
            size: (header.len() + text.len()) as u32,
            text: text.into_bytes(),
            header,
        }
    };
    let with_field = |name, field: &[u8], times| {
        with_header(&[header(name, 2), field.repeat(times), b"\r\n".to_vec()].concat())
    };
    let non_utf8 = |name| {
        let fields = b"X-\xff\xfe: \x80\r\nReply-To: \"\xe9\" <\xff@\xfe>\r\nReferences: <\xff>\r\nCc: \xc3\x28 <a\x80@b>\r\n";
        with_field(name, fields, 20)
    };
    let huge = |name| {
        let Message::Letter { header, text, .. } = letter(name, 2) else {
            unreachable!("a letter is one");
        };
        let size = 100 * MEBIBYTE as u32;
        Message::Letter {
            header,
            text: text.repeat(4096),
            size,
        }
    };
    endure(vec![
        between_two("mime-of-many-levels", nested("mime-of-many-levels"), true),
        between_two(
            "long-header",
            with_field(
                "long-header",
                &[b"X-Loop: ", &[b'x'; 990][..], b"\r\n"].concat(),
                1000,
            ),
            true,
        ),
        between_two(
            "many-fields",
            with_field("many-fields", b"Cc: a@b.test\r\n", 100_000),
            true,
        ),
        between_two("no-utf8", non_utf8("no-utf8"), true),
        between_two("hundred-megabytes", huge("hundred-megabytes"), true),
    ]);
}

/// Servers that ignore how much was asked for, or lose their way in the grammar.
#[test]
fn what_cannot_be_read_is_set_aside() {
    endure(vec![
        instead("whole-long-header", |out| {
            write!(out, "* 2 FETCH (UID 2 BODY[HEADER] {{{MEBIBYTE}}}\r\n")?;
            repeat(out, &[b'x'; 1024], 1024)?;
            out.write_all(b")\r\n")
        }),
        instead("whole-message", |out| {
            write!(out, "* 2 FETCH (UID 2 BODY[] {{{}}}\r\n", 100 * MEBIBYTE)?;
            repeat(out, &[b'x'; 1024], 100 * 1024)?;
            out.write_all(b")\r\n")
        }),
        instead("announced-literal", |out| {
            out.write_all(b"* 2 FETCH (UID 2 BODY[HEADER] {500000000}\r\nxyz")
        }),
        instead("endless-line", |out| {
            out.write_all(b"* 2 FETCH (UID 2 FLAGS (")?;
            repeat(out, b"Flag ", 100 * MEBIBYTE)
        }),
        instead("endless-response", |out| {
            out.write_all(b"* 2 FETCH (UID 2")?;
            for _ in 0..2000 {
                out.write_all(b" BODY[HEADER] {262144}\r\n")?;
                repeat(out, &[b'x'; 1024], 256)?;
            }
            out.write_all(b")\r\n")
        }),
        instead("deep-body-structure", |out| {
            out.write_all(b"* 2 FETCH (UID 2 BODYSTRUCTURE ")?;
            repeat(out, b"(", 100_000)?;
            repeat(out, b")", 100_000)?;
            out.write_all(b")\r\n")
        }),
        instead("hidden-body-structure", |out| {
            out.write_all(b"* 2 FETCH (UID 2 X y{200000}\r\n BODYSTRUCTURE ")?;
            repeat(out, b"(", 100_000)?;
            repeat(out, b")", 100_000)?;
            out.write_all(b")\r\n")
        }),
        instead("many-attributes", |out| {
            write!(out, "* 2 FETCH ({}", received_now())?;
            repeat(out, b" UID 2", 170_000)?;
            out.write_all(b")\r\n")
        }),
        instead("a-parser's-panic", |out| {
            out.write_all("* 2 FETCH (UID 2 INTERNALDATE NIL)\r\n".as_bytes())
        }),
    ]);
}

/// A server whose dates no landmark is known again by has everything read anew each time.
#[test]
fn what_cannot_be_read_is_set_aside_where_everything_is_read_anew() {
    let name = "no-landmarks";
    let unreadable: Saying = Arc::new(|uid, out| {
        write!(
            out,
            "* {uid} FETCH (UID {uid} BODY[HEADER] {{500000000}}\r\nxyz"
        )
    });
    let mut folder = Folder::new("INBOX", 5, move |uid| match uid {
        2 | 4 => Message::Instead(unreadable.clone()),
        _ => letter(name, uid),
    });
    folder.has_odd_dates = true;
    endure(vec![Horror {
        name,
        part: Part::honest(vec![folder]),
        read: [1, 3, 5].map(|uid| id(name, uid)).into(),
        set_aside: vec![2, 4],
    }]);
}
