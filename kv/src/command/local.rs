//! Commands that a connection answers by itself.
#![expect(clippy::unnecessary_wraps, reason = "the table of commands holds one type of parser")]

use bytes::Bytes;

use super::{CommandError, Request, docs, error::shown};
use crate::{number, reply::Reply};

type Parsed = Result<Request, CommandError>;

/// What a connection answers by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Local {
    /// This, whatever the connection.
    Answer(Reply),
    /// The wall clock.
    Time,
    /// What this node knows of itself: these sections, or the usual ones.
    Info(Vec<Bytes>),
    /// The settings whose names match one of these patterns.
    ConfigGet(Vec<Bytes>),
    /// Agrees on a protocol version.
    Hello(Hello),
    /// Names the connection.
    SetName(Bytes),
    /// The connection's name.
    GetName,
    /// The connection's number.
    Id,
    /// Back to how the connection began.
    Reset,
    /// Answers and closes.
    Quit,
}

/// The arguments of HELLO.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The protocol version to speak from now on, 2 or 3.
    pub protocol: Option<u8>,
    /// A name for the connection.
    pub name: Option<Bytes>,
}

fn local(local: Local) -> Parsed {
    Ok(Request::Local(local))
}

fn answer(reply: Reply) -> Parsed {
    local(Local::Answer(reply))
}

pub(super) fn ping(rest: &[Bytes]) -> Parsed {
    match rest {
        [] => answer(Reply::Simple("PONG".into())),
        [message] => answer(Reply::Bulk(message.clone())),
        _ => Err(CommandError::Arity { command: "ping" }),
    }
}

pub(super) fn echo(rest: &[Bytes]) -> Parsed {
    answer(Reply::optional(rest.first().cloned()))
}

pub(super) fn select(rest: &[Bytes]) -> Parsed {
    match rest.first().and_then(|index| number::integer(index)) {
        Some(0) => answer(Reply::OK),
        Some(_) => Err(CommandError::NoSuchDatabase),
        None => Err(CommandError::NotAnInteger),
    }
}

pub(super) fn time(_: &[Bytes]) -> Parsed {
    local(Local::Time)
}

pub(super) fn info(rest: &[Bytes]) -> Parsed {
    local(Local::Info(rest.to_vec()))
}

pub(super) fn reset(_: &[Bytes]) -> Parsed {
    local(Local::Reset)
}

pub(super) fn quit(_: &[Bytes]) -> Parsed {
    local(Local::Quit)
}

pub(super) fn config(rest: &[Bytes]) -> Parsed {
    match subcommand(rest) {
        (b"GET", [_, ..]) => local(Local::ConfigGet(rest.get(1..).unwrap_or_default().to_vec())),
        (b"GET", _) => Err(CommandError::Arity { command: "config|get" }),
        (b"HELP", _) => answer(help(
            "CONFIG",
            &[("GET <pattern>", "Return parameters matching the glob-like <pattern>.")],
        )),
        _ => Err(unknown("CONFIG", rest)),
    }
}

pub(super) fn command(rest: &[Bytes]) -> Parsed {
    match (subcommand(rest), rest) {
        (_, []) => answer(docs::info(&[])),
        ((b"COUNT", []), _) => answer(docs::count()),
        ((b"COUNT", _), _) => Err(CommandError::Arity { command: "command|count" }),
        ((b"LIST", []), _) => answer(docs::list()),
        ((b"INFO", names), _) => answer(docs::info(names)),
        ((b"DOCS", names), _) => answer(docs::docs(names)),
        ((b"HELP", _), _) => answer(help("COMMAND", COMMAND_HELP)),
        _ => Err(unknown("COMMAND", rest)),
    }
}

pub(super) fn client(rest: &[Bytes]) -> Parsed {
    match subcommand(rest) {
        (b"SETNAME", [name]) => local(Local::SetName(client_name(name)?)),
        (b"SETNAME", _) => Err(CommandError::Arity { command: "client|setname" }),
        (b"GETNAME", []) => local(Local::GetName),
        (b"GETNAME", _) => Err(CommandError::Arity { command: "client|getname" }),
        (b"ID", []) => local(Local::Id),
        (b"ID", _) => Err(CommandError::Arity { command: "client|id" }),
        (b"SETINFO", [attribute, _]) => set_info(attribute),
        (b"SETINFO", _) => Err(CommandError::Arity { command: "client|setinfo" }),
        (b"HELP", _) => answer(help("CLIENT", CLIENT_HELP)),
        _ => Err(unknown("CLIENT", rest)),
    }
}

/// Libraries say what they are; nobody here asks.
fn set_info(attribute: &Bytes) -> Parsed {
    match attribute.to_ascii_uppercase().as_slice() {
        b"LIB-NAME" | b"LIB-VER" => answer(Reply::OK),
        _ => Err(CommandError::ClientInfo { option: shown(attribute, 128) }),
    }
}

pub(super) fn hello(rest: &[Bytes]) -> Parsed {
    let Some((version, mut options)) = rest.split_first() else {
        return local(Local::Hello(Hello::default()));
    };
    let protocol = match number::integer(version) {
        Some(2) => 2,
        Some(3) => 3,
        Some(_) => return Err(CommandError::UnsupportedProtocol),
        None => return Err(CommandError::ProtocolNotAnInteger),
    };
    let mut hello = Hello { protocol: Some(protocol), name: None };
    loop {
        options = match options {
            [] => return local(Local::Hello(hello)),
            // As in a Redis without passwords, any one does.
            [option, _, _, more @ ..] if option.eq_ignore_ascii_case(b"AUTH") => more,
            [option, name, more @ ..] if option.eq_ignore_ascii_case(b"SETNAME") => {
                hello.name = Some(client_name(name)?);
                more
            }
            [option, ..] => return Err(CommandError::HelloOption { option: shown(option, 128) }),
        };
    }
}

fn client_name(name: &Bytes) -> Result<Bytes, CommandError> {
    let one_word = name.iter().all(|byte| (b'!'..=b'~').contains(byte));
    if one_word { Ok(name.clone()) } else { Err(CommandError::ClientName) }
}

/// The subcommand in a spelling to match on, and its arguments.
fn subcommand(rest: &[Bytes]) -> (&'static [u8], &[Bytes]) {
    const KNOWN: [&[u8]; 10] =
        [b"COUNT", b"DOCS", b"GET", b"GETNAME", b"HELP", b"ID", b"INFO", b"LIST", b"SETINFO", b"SETNAME"];
    let Some((name, arguments)) = rest.split_first() else { return (b"", rest) };
    let known = KNOWN.into_iter().find(|known| known.eq_ignore_ascii_case(name));
    (known.unwrap_or_default(), arguments)
}

fn unknown(command: &'static str, rest: &[Bytes]) -> CommandError {
    CommandError::UnknownSubcommand {
        command,
        name: rest.first().map(|name| shown(name, 128)).unwrap_or_default(),
    }
}

const COMMAND_HELP: &[(&str, &str)] = &[
    ("(no subcommand)", "Return details about all commands."),
    ("COUNT", "Return the total number of commands in this server."),
    ("LIST", "Return a list of all commands in this server."),
    ("INFO [<command-name> ...]", "Return details about commands."),
    ("DOCS [<command-name> ...]", "Return documentation details about commands."),
];

const CLIENT_HELP: &[(&str, &str)] = &[
    ("GETNAME", "Return the name of the current connection."),
    ("SETNAME <name>", "Assign the name <name> to the current connection."),
    ("ID", "Return the ID of the current connection."),
    ("SETINFO <option> <value>", "Accept client meta information: LIB-NAME or LIB-VER."),
];

fn help(command: &str, subcommands: &[(&str, &str)]) -> Reply {
    let line = |text: String| Reply::Simple(text.into());
    let mut lines = vec![line(format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"))];
    for (usage, purpose) in subcommands {
        lines.extend([line((*usage).to_owned()), line(format!("    {purpose}"))]);
    }
    Reply::Array(lines)
}
