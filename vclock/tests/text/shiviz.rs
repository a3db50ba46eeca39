//! Logs as they are found: written by several programs, put together by hand.

use quorate_vclock::{
    TextMistake, VClock,
    shiviz::{Event, Execution, Log, LogError, LogMistake, write_event},
};

fn one(text: &str) -> Execution {
    let log: Log = text.parse().unwrap_or_else(|error| panic!("{error} in {text:?}"));
    assert_eq!(log.executions.len(), 1, "{text}");
    log.executions.into_iter().next().unwrap()
}

fn told(execution: &Execution) -> Vec<(usize, String)> {
    execution.events.iter().map(|event| (event.line, event.to_string())).collect()
}

fn events(lines: &[(usize, &str)]) -> Vec<(usize, String)> {
    lines.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
}

#[test]
fn spaces_empty_lines_and_zeros_are_no_matter() {
    let log = "\n\nstarts\nmain {\"main\" : 1 , \"other\":0}  \n\n\nsays hello \nmain {\"main\":2}\r\n";
    let execution = one(log);
    assert_eq!(told(&execution), events(&[(4, "main:1 starts"), (8, "main:2 says hello")]));
    assert_eq!(execution.events[0].clock.len(), 1);
    assert_eq!(execution.check(), []);
}

#[test]
fn a_text_may_have_several_lines_or_none() {
    let execution = one("panics\n  at a.rs:1\n\n  at b.rs:2\na {\"a\":1}\na {\"a\":2}\n\na {\"a\":3}\n");
    let expected = [(5, "a:1 panics\n  at a.rs:1\n\n  at b.rs:2"), (6, "a:2 "), (8, "a:3 ")];
    assert_eq!(told(&execution), events(&expected));
}

#[test]
fn a_text_that_looks_like_a_clock_is_text_where_text_stands() {
    let execution = one("put {\"x\": 1}\na {\"a\":1}\nget {\"x\nb {\"b\":1}\n");
    assert_eq!(told(&execution), events(&[(2, "a:1 put {\"x\": 1}"), (4, "b:1 get {\"x")]));
}

#[test]
fn clocks_may_stand_first() {
    let log = "\u{feff}a {\"a\":1}\nInitialization Complete\na {\"a\":2}\nSending\n\nb {\"b\":1, \"a\":2}\nput {\"x\": 1}\n";
    let expected = [(1, "a:1 Initialization Complete"), (3, "a:2 Sending"), (6, "b:1 put {\"x\": 1}")];
    assert_eq!(told(&one(log)), events(&expected));
}

#[test]
fn a_file_may_say_what_it_is() {
    let text_first = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n\n=== x ===\na {\"a\":1}\n";
    assert_eq!(told(&one(text_first)), events(&[(4, "a:1 === x ===")]), "it says that it has no delimiter");
    let clock_first = "(?<host>\\w+) (?<clock>\\{.*\\})\\n(?<event>.*)\n\na {\"a\":1}\na {\"a\":2}\ntext\n";
    assert_eq!(told(&one(clock_first)), events(&[(3, "a:1 "), (4, "a:2 text")]));
    let delimited = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n^--(?<trace>.*)--$\n-- x --\nt\na {\"a\":1}\n--y--\nt\na {\"a\":1}\n";
    let labels: Vec<String> =
        delimited.parse::<Log>().unwrap().executions.into_iter().map(|execution| execution.label).collect();
    assert_eq!(labels, ["x", "y"]);
}

#[test]
fn executions_are_told_apart() {
    let log = "=== first run ===\nt\na {\"a\":1}\n\n======\nt\na {\"a\":1}\nu\na {\"a\":2}\n";
    let log: Log = log.parse().unwrap();
    let found: Vec<(&str, usize)> =
        log.executions.iter().map(|execution| (execution.label.as_str(), execution.events.len())).collect();
    assert_eq!(found, [("first run", 1), ("", 2)]);
    assert!(log.executions.iter().all(|execution| execution.check().is_empty()));
}

#[test]
fn mistakes_have_a_line() {
    let refused = |text: &str| {
        let LogError { line, mistake } = text.parse::<Log>().unwrap_err();
        (line, mistake)
    };
    let clock = |line, column, mistake| {
        let text = quorate_vclock::TextError { column, mistake };
        (line, LogMistake::Clock(text))
    };
    assert_eq!(refused(""), (1, LogMistake::Empty));
    assert_eq!(refused("=== nothing ===\n"), (1, LogMistake::Empty));
    assert_eq!(refused("only\ntext\n"), (1, LogMistake::NoClock));
    assert_eq!(refused("t\na {\"a\":1}\n\nt\n"), (4, LogMistake::NoClock));
    assert_eq!(refused("t\na {\"b\":1}\n"), (2, LogMistake::OwnHost));
    assert_eq!(refused("t\na {\"a\":x}\n"), clock(2, 8, TextMistake::Counter));
    assert_eq!(refused("t\na {\"a\":1\nt\na {\"a\":2}\n"), clock(2, 9, TextMistake::Close));
    assert_eq!(refused("t\na {\"a\":1} t\n"), clock(2, 11, TextMistake::Trailing));
    assert_eq!(refused("a {\"a\":-1}\nt\na {\"a\":2}\nt\n"), clock(1, 8, TextMistake::Counter));
    assert_eq!(refused("a {\"a\":1}\nt\na {\"a\":2, \"a\":2}\nt\n"), clock(3, 11, TextMistake::Twice));
    assert_eq!(refused("(?<event>.*) (?<host>.*) (?<clock>.*)\n\n"), (1, LogMistake::Expression));
    let delimiter = "(?<event>.*)\\n(?<host>\\S*) (?<clock>{.*})\n=+ (?<trace>.*)\n";
    assert_eq!(refused(delimiter), (2, LogMistake::Delimiter));
}

fn broken(log: &str) -> Vec<String> {
    one(log).check().iter().map(ToString::to_string).collect()
}

#[test]
fn what_is_broken_is_told_with_its_line() {
    assert_eq!(broken("\na {\"a\":0}\n"), ["line 2: the clock does not count this event of a"]);
    assert_eq!(broken("\na {\"a\":2}\n"), ["line 2: event 2 of a comes where event 1 is next"]);
    assert_eq!(broken("\na {\"a\":1}\n\na {\"a\":1}\n"), ["line 4: line 2 is event 1 of a already"]);
    assert_eq!(
        broken("\na {\"a\":1}\n\nb {\"b\":1, \"a\":2}\n"),
        ["line 4: the clock knows of event 2 of a, which is not among its 1 in the log"]
    );
    assert_eq!(
        broken("\na {\"a\":1}\n\nb {\"b\":1, \"a\":1}\n\nb {\"b\":2}\n"),
        ["line 6: event 1 of a is forgotten: line 4, before it at its host, knew of it"]
    );
    assert_eq!(
        broken("\na {\"a\":1}\n\nb {\"b\":1, \"a\":1}\n\nc {\"c\":1, \"b\":1}\n"),
        ["line 6: the clock knows of line 4, and not of event 1 of a, of which line 4 knew"]
    );
    assert_eq!(
        broken("\na {\"a\":1, \"b\":1}\n\nb {\"b\":1, \"a\":1}\n"),
        [
            "line 2: the clock knows of line 4, which knows of it",
            "line 4: the clock knows of line 2, which knows of it"
        ]
    );
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let clock: VClock<&str> = VClock::from([("a b", 1)]);
    let mut log = String::new();
    assert!(write_event(&mut log, &"a b", &clock, "").is_err());
    assert!(write_event(&mut log, &"", &clock, "").is_err());
    assert_eq!(log, "");
    let clock = VClock::from([("n1", 1), ("a \"b\"\n", 2)]);
    write_event(&mut log, &"n1", &clock, "two\nlines\u{2028}here").unwrap();
    assert_eq!(log, "two lines here\nn1 {\"a \\\"b\\\"\\u000a\": 2, \"n1\": 1}\n");
    let read = one(&log);
    assert_eq!(read.events[0].clock.get("a \"b\"\n"), 2);
    for text in ["n1 {\"n1\": 1}", "=== n1 ===", "(?<event>.*)(?<clock>.*)", ""] {
        let mut log = String::new();
        write_event(&mut log, &"n1", &clock, text).unwrap();
        let space = if text.is_empty() { "" } else { " " };
        let expected = Event { text: format!("{space}{text}"), ..read.events[0].clone() };
        assert_eq!(one(&log).events, [expected]);
    }
}
