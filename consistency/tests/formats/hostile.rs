//! Whatever a file holds: an error with its line, or a history; never a crash, and never a part.

use quorate_consistency::format::{Format, Mistake, Recording, Value, read, text};

/// A history of a few operations in each format.
fn samples() -> Vec<(Format, String)> {
    let ops = "[[:w 1 5] [:r 2 nil]]";
    let of_time = format!(
        "{{:process 0, :type :invoke, :f :txn, :value {ops}}}\n{{:process 1, :type :invoke, :f :txn, :value [[:r 1 nil]]}}\n\
         {{:process 0, :type :ok, :f :txn, :value {ops}}}\n{{:process 1, :type :ok, :f :txn, :value [[:r 1 5]]}}\n"
    );
    let mut recording = Recording::read(&of_time, Format::Edn).unwrap();
    let mut samples = Vec::new();
    for format in Format::ALL {
        let order = if format.is_of_sessions() { "[:r 2 5]" } else { "[:r 2 nil]" };
        recording = Recording::read(&of_time.replace("[:r 2 nil]", order), Format::Edn).unwrap();
        if format.is_of_sessions() {
            recording.header.order = quorate_consistency::format::Order::Sessions;
        }
        // JSON has no keywords.
        let text = recording.write(format).or_else(|_| {
            let text = recording.write(Format::Native)?.replace("{\"word\": \"w\"}", "\"w\"");
            Recording::read(&text.replace("{\"word\": \"r\"}", "\"r\""), Format::Native)?.write(format)
        });
        samples.push((format, text.unwrap()));
    }
    drop(recording);
    samples
}

#[test]
fn texts_that_end_early_are_refused_or_end_between_entries() {
    for (format, text) in samples() {
        let whole = Recording::read(&text, format).unwrap();
        let mut refused = 0;
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            match Recording::read(&text[..end], format) {
                Err(error) => {
                    refused += 1;
                    assert!((1..=text.lines().count() + 1).contains(&error.line), "{error}");
                }
                // A number may be cut into another where lines have no ends of their own.
                Ok(_) if format == Format::Awdit => {}
                Ok(part) if format.is_of_sessions() => assert!(part.entries.len() <= whole.entries.len()),
                Ok(part) => assert_eq!(part.entries, whole.entries[..part.entries.len()], "{}", &text[..end]),
            }
        }
        println!("{format:?}: {refused} of {} beginnings are refused", text.len());
        assert!(refused > 0);
    }
}

#[test]
fn texts_with_a_byte_changed_crash_nothing() {
    let strange =
        ["\0", "\u{feff}", "(", "[", "{", "\"", "#", "\\", "-", ";", "\r", "𝄞", "9999999999999999999999"];
    let (mut held, mut refused) = (0, 0);
    for (format, text) in samples() {
        for at in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for strange in strange {
                let changed = format!("{}{strange}{}", &text[..at], &text[at..]);
                for format in [format, Format::guess(&changed)] {
                    match Recording::read(&changed, format) {
                        Ok(_) => held += 1,
                        Err(error) => {
                            refused += 1;
                            assert!((1..=changed.lines().count() + 1).contains(&error.line), "{error}");
                        }
                    }
                }
            }
        }
    }
    println!("{held} are histories, {refused} are refused");
    assert!(held > 0 && refused > 0);
}

#[test]
fn marks_and_ends_of_lines_are_as_editors_leave_them() {
    for (format, text) in samples() {
        let whole = Recording::read(&text, format).unwrap();
        for other in [format!("\u{feff}{text}"), text.replace('\n', "\r\n"), format!("{text}\n\r\n \n")] {
            assert_eq!(Recording::read(&other, format).as_ref(), Ok(&whole), "{other:?}");
            assert_eq!(Format::guess(&other), format);
        }
        assert!(Recording::read(&text.replace('\n', "\n\0\n"), format).is_err(), "{format:?}");
    }
}

#[test]
fn millions_of_brackets_and_of_bytes_are_survived() {
    const MANY: usize = 400_000;
    for format in Format::ALL {
        for part in ["[", "{", "(", "#{", "#x", "[[", "{\"a\":", "#_", "^", "'", "\"\\", "r(", "w ", ";"] {
            for beginning in ["", "{:process 0, :type :invoke, :f :write, :value ", "{\"p\": 0, \"v\": "] {
                let text = format!("{beginning}{}", part.repeat(MANY / part.len()));
                assert!(Recording::read(&text, format).is_err(), "{format:?}: {beginning}{part}");
            }
        }
    }
    let long = "x".repeat(10 << 20);
    for (format, text) in [
        (Format::Edn, format!("{{:process 0, :type :invoke, :f :write, :value \"{long}\"}}")),
        (
            Format::Json,
            format!("{{\"process\": 0, \"type\": \"invoke\", \"f\": \"write\", \"value\": \"{long}\"}}"),
        ),
        (Format::Etcd, format!("INFO  jepsen.util - 0 :invoke :write \"{long}\"")),
        (
            Format::Native,
            format!(
                "{{\"quorate\":\"history\",\"version\":1}}\n{{\"p\":0,\"t\":\"invoke\",\"f\":\"w\",\"v\":\"{long}\"}}"
            ),
        ),
    ] {
        let read = Recording::read(&text, format).unwrap();
        assert!(matches!(&read.entries[..], [entry] if entry.value == Value::Text(long.clone())));
    }
}

#[test]
fn lines_end_in_line_feeds_alone() {
    for (bad, line) in
        [("{:process 0,\r \r", 1), ("{:process 0}\r{", 1), ("\r\n{:process 0\r\n", 3), ("{\n\r\n:a", 3)]
    {
        assert_eq!(read(bad, Format::Edn).unwrap_err().line, line, "{bad:?}");
    }
}

#[test]
fn bytes_that_are_no_text_are_named_by_their_line() {
    assert_eq!(text(b"one\ntwo"), Ok("one\ntwo"));
    let error = text(b"one\n\ntw\xffo\n").unwrap_err();
    assert_eq!((error.line, error.mistake), (3, Mistake::NotText));
}

#[test]
fn whatever_else_jepsen_writes_beside_an_entry_is_of_no_concern() {
    let text = "{:index 0, :time 1.5e9, :type :invoke, :process 0, :f :read, :value nil, :exception #error{:via [#object[java.lang.Thread 0x1f \"t\"]]}}
        {:process :nemesis, :type :info, :f :check-offsets, :value nil, :clock-offsets {\"n1\" -0.25}}
        {:process :nemesis, :type :info, :f :bump, :value {\"n1\" 0.5}}
        #jepsen.history.Op{:index 1, :time 2, :type :ok, :process 0, :f :read, :value 3, :error [:ratio 1/2]}";
    let entries = read(text, Format::guess(text)).unwrap();
    assert_eq!(entries.iter().map(|entry| (entry.line, entry.process)).collect::<Vec<_>>(), [(1, 0), (4, 0)]);
    let json = "[{\"process\": \"nemesis\", \"type\": \"info\", \"f\": \"bump\", \"value\": 0.5},
        {\"process\": 0, \"type\": \"invoke\", \"f\": \"read\", \"value\": null, \"time\": 1.5, \"error\": {\"a\": 0.1}}]";
    assert_eq!(read(json, Format::guess(json)).unwrap().len(), 1);
    // But what an entry is made of must be understood, and a process that was meant to be a number is no name.
    for bad in [":process 0, :type :invoke, :f :write, :value 0.5", ":process \"0\", :type :invoke, :f :read"]
    {
        assert!(read(&format!("{{{bad}}}"), Format::Edn).is_err(), "{bad}");
    }
}
