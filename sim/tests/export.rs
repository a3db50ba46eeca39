//! What other tools read of runs and histories, read back by small readers of their formats.
#![allow(clippy::panic, clippy::wildcard_enum_match_arm, reason = "a small reader of what it needs")]

mod toy;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use quorate_consistency::spec::{KvOp, KvRet};
use quorate_machine::{NodeId, Rng, Tag, Time};
use quorate_sim::{
    Bounds, Call, Done, Fed, Happening, History, Kind, Moment, Portrait, Recording, Stepped,
    export::{Exported, Value, keyed},
    generate, run_recorded,
};
use toy::Toy;

/// One event of a ShiViz log.
struct Event {
    text: String,
    host: String,
    clock: BTreeMap<String, u64>,
}

/// Reads what ShiViz reads with its default expression, and holds it to ShiViz's rules.
fn read_shiviz(log: &str) -> Vec<Event> {
    let lines: Vec<&str> = log.lines().collect();
    let events: Vec<Event> = lines
        .chunks(2)
        .map(|pair| {
            let [text, line] = pair else { panic!("half an event: {pair:?}") };
            let (host, clock) = line.split_once(' ').expect("a host and a clock");
            let clock = clock.strip_prefix('{').and_then(|clock| clock.strip_suffix('}')).expect(clock);
            let entries = clock.split(", ").map(|entry| {
                let (host, events) = entry.split_once(": ").expect("an entry");
                let host = host.strip_prefix('"').and_then(|host| host.strip_suffix('"')).expect(host);
                (host.to_owned(), events.parse().expect("a number"))
            });
            Event { text: (*text).to_owned(), host: host.to_owned(), clock: entries.collect() }
        })
        .collect();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    for Event { host, clock, .. } in &events {
        let own = seen.entry(host).or_default();
        *own += 1;
        assert_eq!(clock[host], *own, "a host's own entry starts at 1 and rises by 1");
        for (other, known) in clock {
            assert!(seen.get(other.as_str()).is_some_and(|events| known <= events), "{other} in {clock:?}");
        }
    }
    events
}

/// For each event of the log, the events that led to it, from the recording's own letters and order.
fn pasts(recording: &Recording) -> Vec<BTreeSet<usize>> {
    let mut pasts: Vec<BTreeSet<usize>> = Vec::new();
    let mut latest: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut senders: BTreeMap<u64, usize> = BTreeMap::new();
    for moment in &recording.moments {
        let (node, step) = match &moment.happening {
            Happening::Stepped(step) => (step.node, Some(step)),
            Happening::Crashed { node, .. } => (*node, None),
            _ => continue,
        };
        let sender = step.and_then(|step| match &step.fed {
            Fed::Received { letter, .. } => senders.get(letter).copied(),
            _ => None,
        });
        let at = pasts.len();
        let causes = [latest.insert(node, at), sender];
        let led = causes.into_iter().flatten().flat_map(|cause| pasts[cause].iter().copied().chain([cause]));
        pasts.push(led.collect());
        for done in step.into_iter().flat_map(|step| &step.done) {
            if let Done::Sent { letter: letter @ 1.., .. } = done {
                senders.insert(*letter, at);
            }
        }
    }
    pasts
}

#[test]
fn shiviz_clocks_say_what_led_to_what() {
    let (mut pairs, mut related) = (0, 0);
    for (seed, moments) in (0..40).map(|seed| (seed, if seed % 2 == 0 { 120 } else { 400 })) {
        let recording =
            run_recorded(&Toy::default(), &generate::mix(seed, &Bounds::default()), moments).recording;
        let events = read_shiviz(&recording.shiviz());
        let pasts = pasts(&recording);
        assert_eq!(events.len(), pasts.len());
        for (later, past) in pasts.iter().enumerate() {
            for earlier in (0..events.len()).filter(|earlier| *earlier != later) {
                let host = &events[earlier].host;
                let known = events[later].clock.get(host).copied().unwrap_or(0);
                let led = known >= events[earlier].clock[host];
                assert_eq!(led, past.contains(&earlier), "seed {seed}: {}", events[later].text);
                pairs += 1;
                related += u64::from(led);
            }
        }
    }
    println!("{related} of {pairs} pairs of events are related");
    assert!(related > pairs / 20 && related < pairs * 49 / 100);
}

fn moment(millis: u64, node: u64, fed: Fed, done: Vec<Done>) -> Moment {
    let step =
        Stepped { seq: millis, node: NodeId(node), incarnation: 0, fed, done, portrait: Portrait::default() };
    Moment { at: Time::from_nanos(millis * 1_000_000), happening: Happening::Stepped(step) }
}

fn sent(to: u64, letter: u64, text: &str) -> Done {
    Done::Sent { to: NodeId(to), letter, fate: quorate_sim::Fate::Sent, text: text.to_owned() }
}

fn received(from: u64, letter: u64, text: &str) -> Fed {
    Fed::Received { from: NodeId(from), letter, text: text.to_owned() }
}

#[test]
fn a_shiviz_log_as_it_is() {
    let recording = Recording {
        nodes: 3,
        forgotten: 9,
        moments: vec![
            moment(1, 1, Fed::Woken, vec![sent(2, 5, "Hello {\"n9\": 1}"), sent(3, 0, "never left")]),
            moment(2, 3, received(2, 4, "sent before\nthe\u{2028}window"), Vec::new()),
            moment(3, 2, received(1, 5, "Hello"), vec![sent(3, 6, "Hi")]),
            Moment {
                at: Time::from_nanos(4_000_000),
                happening: Happening::Crashed { node: NodeId(1), lost: 2, for_ever: false },
            },
            moment(5, 3, received(2, 6, "Hi"), Vec::new()),
        ],
    };
    let expected = "\
#1 n1 wake  -> send n2 Hello {\"n9\": 1}, send n3 never left
n1 {\"n1\": 1}
#2 n3 <- n2 sent before the window
n3 {\"n3\": 1}
#3 n2 <- n1 Hello  -> send n3 Hi
n2 {\"n1\": 1, \"n2\": 1}
n1 is down, 2 records lost
n1 {\"n1\": 2}
#5 n3 <- n2 Hi
n3 {\"n1\": 1, \"n2\": 1, \"n3\": 2}
";
    assert_eq!(recording.shiviz(), expected);
    read_shiviz(expected);
}

/// An operation in words of its own.
#[derive(Clone, Debug, PartialEq)]
struct Op {
    f: String,
    value: Value,
}

impl Exported for Op {
    fn f(&self) -> &str {
        &self.f
    }

    fn value(&self) -> Value {
        self.value.clone()
    }
}

fn history(entries: &[(u64, Kind, &str, Value)]) -> History<Op> {
    let mut history = History::new();
    for ((tag, kind, f, value), at) in entries.iter().zip((100..).step_by(50)) {
        history.push(Tag(*tag), *kind, Op { f: (*f).to_owned(), value: value.clone() }, Time::from_nanos(at));
    }
    history
}

/// A read whose answer, and a write whose outcome, nobody knows; and one that failed.
fn troubled() -> History<Op> {
    history(&[
        (11, Kind::Invoke, "write", keyed("x", 3_u64)),
        (12, Kind::Invoke, "read", keyed("x", Value::Nil)),
        (11, Kind::Info, "write", keyed("x", 3_u64)),
        (13, Kind::Invoke, "cas", vec![3_u64, 4].into()),
        (12, Kind::Ok, "read", keyed("x", 3_u64)),
        (14, Kind::Invoke, "read", keyed("x", None::<u64>)),
        (13, Kind::Fail, "cas", vec![3_u64, 4].into()),
        (15, Kind::Invoke, "write", keyed("x", 5_u64)),
        (15, Kind::Ok, "write", keyed("x", 5_u64)),
    ])
}

#[test]
fn a_jepsen_history_as_it_is() {
    let expected = "\
{:type :invoke, :f :write, :value [\"x\" 3], :process 0, :time 100, :index 0}
{:type :invoke, :f :read, :value [\"x\" nil], :process 1, :time 150, :index 1}
{:type :info, :f :write, :value [\"x\" 3], :process 0, :time 200, :index 2}
{:type :invoke, :f :cas, :value [3 4], :process 2, :time 250, :index 3}
{:type :ok, :f :read, :value [\"x\" 3], :process 1, :time 300, :index 4}
{:type :invoke, :f :read, :value [\"x\" nil], :process 1, :time 350, :index 5}
{:type :fail, :f :cas, :value [3 4], :process 2, :time 400, :index 6}
{:type :invoke, :f :write, :value [\"x\" 5], :process 2, :time 450, :index 7}
{:type :ok, :f :write, :value [\"x\" 5], :process 2, :time 500, :index 8}
";
    assert_eq!(troubled().jepsen(), expected);
}

#[test]
fn a_porcupine_history_as_it_is() {
    let said = |f: &str, value: &str| format!("{{\"f\":\"{f}\",\"value\":{value}}}");
    let (write, read) = (said("write", "[\"x\",3]"), said("read", "[\"x\",null]"));
    let (found, again) = (said("read", "[\"x\",3]"), said("write", "[\"x\",5]"));
    let max = i64::MAX;
    let note = "\"Note\":\"nobody knows whether it happened\"";
    let expected = format!(
        "{{\"operations\":[\
         {{\"ClientId\":0,\"Input\":{write},\"Call\":100,\"Output\":null,\"Return\":{max},{note}}},\
         {{\"ClientId\":1,\"Input\":{read},\"Call\":150,\"Output\":{found},\"Return\":300}},\
         {{\"ClientId\":1,\"Input\":{read},\"Call\":350,\"Output\":null,\"Return\":{max},{note}}},\
         {{\"ClientId\":2,\"Input\":{again},\"Call\":450,\"Output\":{again},\"Return\":500}}],\
         \"events\":[\
         {{\"ClientId\":0,\"Kind\":false,\"Value\":{write},\"Id\":0}},\
         {{\"ClientId\":1,\"Kind\":false,\"Value\":{read},\"Id\":1}},\
         {{\"ClientId\":1,\"Kind\":true,\"Value\":{found},\"Id\":1}},\
         {{\"ClientId\":1,\"Kind\":false,\"Value\":{read},\"Id\":2}},\
         {{\"ClientId\":2,\"Kind\":false,\"Value\":{again},\"Id\":3}},\
         {{\"ClientId\":2,\"Kind\":true,\"Value\":{again},\"Id\":3}},\
         {{\"ClientId\":0,\"Kind\":true,\"Value\":null,\"Id\":0}},\
         {{\"ClientId\":1,\"Kind\":true,\"Value\":null,\"Id\":2}}]}}"
    );
    assert_eq!(troubled().porcupine(), expected);
}

/// Keys stand beside the values of a store; a compare-and-set that found another value has failed, by Jepsen's custom.
#[test]
fn calls_are_written_as_the_tests_of_others_write_them() {
    let mut store = History::new();
    let mut record = |client, kind, op| store.push(Tag(client), kind, op, Time::from_nanos(7));
    let put = KvOp::Put(3_u64, "a".to_owned());
    record(1, Kind::Invoke, Call::asked(put.clone()));
    record(1, Kind::Ok, Call::answered(put, KvRet::Done));
    let swap = KvOp::Cas { key: 3, from: None, to: "b".to_owned() };
    record(2, Kind::Invoke, Call::asked(swap.clone()));
    record(2, Kind::Ok, Call::answered(swap, KvRet::Swapped(false)));
    record(2, Kind::Invoke, Call::asked(KvOp::Get(3)));
    record(2, Kind::Ok, Call::answered(KvOp::Get(3), KvRet::Value(Some("a".to_owned()))));
    let expected = "\
{:type :invoke, :f :put, :value \"a\", :key 3, :process 0, :time 7, :index 0}
{:type :ok, :f :put, :value \"a\", :key 3, :process 0, :time 7, :index 1}
{:type :invoke, :f :cas, :value [nil \"b\"], :key 3, :process 1, :time 7, :index 2}
{:type :fail, :f :cas, :value [nil \"b\"], :key 3, :process 1, :time 7, :index 3}
{:type :invoke, :f :get, :value nil, :key 3, :process 1, :time 7, :index 4}
{:type :ok, :f :get, :value \"a\", :key 3, :process 1, :time 7, :index 5}
";
    assert_eq!(store.jepsen(), expected);
    let json: serde_json::Value = serde_json::from_str(&store.porcupine()).expect("JSON");
    assert_eq!(json["operations"].as_array().map(Vec::len), Some(2), "what failed is left out: {json}");
    assert_eq!(json["operations"][1]["Input"]["key"], 3);
    assert_eq!(json["operations"][1]["Output"]["value"], "a");
}

/// What a small reader makes of EDN.
#[derive(Clone, Debug, PartialEq)]
enum Edn {
    Value(Value),
    List(Vec<Edn>),
    Map(Vec<(Edn, Edn)>),
}

/// Reads EDN as far as histories use it.
struct Reader<'a>(&'a str);

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            self.0 = self.0.trim_start_matches(|char: char| char.is_whitespace() || char == ',');
            let Some(comment) = self.0.strip_prefix(';') else { return };
            self.0 = comment.split_once('\n').map_or("", |(_, rest)| rest);
        }
    }

    fn all(mut self) -> Result<Vec<Edn>, String> {
        let mut all = Vec::new();
        loop {
            self.skip();
            if self.0.is_empty() {
                return Ok(all);
            }
            all.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Edn, String> {
        self.skip();
        let first = self.0.chars().next().ok_or("the end")?;
        match first {
            '[' | '(' => self.until(if first == '[' { ']' } else { ')' }).map(Edn::List),
            '{' => {
                let all = self.until('}')?;
                if all.len() % 2 != 0 {
                    return Err("a key without a value".to_owned());
                }
                Ok(Edn::Map(all.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()))
            }
            '"' => self.string().map(|text| Edn::Value(Value::String(text))),
            _ => self.token().map(Edn::Value),
        }
    }

    fn until(&mut self, end: char) -> Result<Vec<Edn>, String> {
        self.0 = &self.0[1..];
        let mut all = Vec::new();
        loop {
            self.skip();
            if let Some(rest) = self.0.strip_prefix(end) {
                self.0 = rest;
                return Ok(all);
            }
            all.push(self.one()?);
        }
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        let mut chars = self.0.char_indices().skip(1);
        while let Some((at, char)) = chars.next() {
            match char {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return Ok(text);
                }
                '\\' => text.push(match chars.next().ok_or("the end")?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, char)| char).collect();
                        let code = u32::from_str_radix(&digits, 16).map_err(|error| error.to_string())?;
                        char::from_u32(code).ok_or("no character")?
                    }
                    char @ ('"' | '\\') => char,
                    char => return Err(format!("\\{char}")),
                }),
                char => text.push(char),
            }
        }
        Err("a string without an end".to_owned())
    }

    fn token(&mut self) -> Result<Value, String> {
        let ends = |char: char| char.is_whitespace() || ",()[]{}\";".contains(char);
        let end = self.0.find(ends).unwrap_or(self.0.len());
        let (token, rest) = self.0.split_at(end);
        self.0 = rest;
        match token {
            "nil" => Ok(Value::Nil),
            "true" | "false" => Ok(Value::Bool(token == "true")),
            _ => match token.strip_prefix(':') {
                Some("") => Err("a keyword without a name".to_owned()),
                Some(name) => Ok(Value::Keyword(name.to_owned())),
                None => token.trim_end_matches('N').parse().map(Value::Int).map_err(|_| token.to_owned()),
            },
        }
    }
}

impl Edn {
    fn value(&self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::List(all) => Value::Vector(all.iter().map(Self::value).collect()),
            Self::Map(_) => panic!("a map is no value of ours"),
        }
    }

    fn get(&self, key: &str) -> Option<Value> {
        let Self::Map(pairs) = self else { panic!("not a map: {self:?}") };
        let key = Self::Value(Value::Keyword(key.to_owned()));
        pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| value.value())
    }
}

fn name(value: Option<Value>) -> String {
    match value {
        Some(Value::Keyword(name)) => name,
        other => panic!("{other:?} is not a keyword"),
    }
}

fn number(value: Option<Value>) -> u64 {
    match value {
        Some(Value::Int(number)) => number.try_into().expect("not negative"),
        other => panic!("{other:?} is not a number"),
    }
}

/// Reads a history back and holds it to Jepsen's rules: what each line says, without the numbers of processes.
fn read_jepsen(text: &str) -> Vec<(String, String, Option<Value>)> {
    let mut busy = BTreeSet::new();
    let mut crashed = BTreeSet::new();
    let mut before = 0;
    let lines = Reader(text).all().expect("EDN");
    assert_eq!(lines.len(), text.lines().count(), "one map per line");
    let read = lines.iter().zip(0..).map(|(line, index)| {
        assert_eq!(number(line.get("index")), index);
        let time = number(line.get("time"));
        assert!(time >= before, "time moves on");
        before = time;
        let (kind, process) = (name(line.get("type")), number(line.get("process")));
        match kind.as_str() {
            "invoke" => assert!(busy.insert(process) && !crashed.contains(&process), "{process} is free"),
            "ok" | "fail" => assert!(busy.remove(&process)),
            "info" => assert!(busy.remove(&process) && crashed.insert(process)),
            other => panic!("{other}"),
        }
        (kind, name(line.get("f")), line.get("value"))
    });
    read.collect()
}

#[test]
fn hostile_values_are_read_back_as_they_were() {
    let values = [
        Value::String("\"}\\ \n\r\t\u{0}\u{7f}é;,".to_owned()),
        Value::Int(i128::from(u64::MAX)),
        Value::Int(-3),
        Value::Bool(true),
        Value::Vector(vec![Value::Nil, Value::Vector(Vec::new()), Value::Keyword("append".to_owned())]),
    ];
    for value in values {
        let text = history(&[(1, Kind::Invoke, "f, g}", value.clone())]).jepsen();
        assert_eq!(read_jepsen(&text), [("invoke".to_owned(), "f--g-".to_owned(), Some(value.clone()))]);
        let json = history(&[(1, Kind::Invoke, "f\"", value)]).porcupine();
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["operations"][0]["Input"]["f"], "f\"");
    }
}

#[test]
fn processes_are_used_again_but_never_after_an_operation_of_which_nobody_knows() {
    let mut rng = Rng::new(5);
    let (mut history, mut open, mut tag, mut expected) = (History::new(), Vec::new(), 0, Vec::new());
    for at in 0..3_000 {
        let kind = if open.is_empty() || rng.below(2) == 0 {
            tag += 1;
            open.push(tag);
            Kind::Invoke
        } else {
            [Kind::Ok, Kind::Fail, Kind::Info][usize::try_from(rng.below(3)).unwrap_or(0)]
        };
        let which = match kind {
            Kind::Invoke => tag,
            _ => open.swap_remove(usize::try_from(rng.below(open.len() as u64)).unwrap_or(0)),
        };
        let op = Op { f: "add".to_owned(), value: which.into() };
        expected.push((format!("{kind:?}").to_lowercase(), "add".to_owned(), Some(op.value.clone())));
        history.push(Tag(which), kind, op, Time::from_nanos(at));
    }
    assert_eq!(read_jepsen(&history.jepsen()), expected);
    // Those of porcupine are the same, and no client does two things at once.
    let json: serde_json::Value = serde_json::from_str(&history.porcupine()).expect("JSON");
    let mut until: BTreeMap<u64, i64> = BTreeMap::new();
    for operation in json["operations"].as_array().expect("a list") {
        let client = operation["ClientId"].as_u64().expect("a number");
        let (call, end) = (operation["Call"].as_i64().expect("a time"), operation["Return"].as_i64());
        let before = until.insert(client, end.expect("a time"));
        assert!(before.is_none_or(|before| before <= call), "client {client}");
    }
    let kinds = json["events"].as_array().expect("a list").iter().map(|event| event["Kind"] == true);
    let (returns, calls): (Vec<_>, Vec<_>) = kinds.partition(|is_return| *is_return);
    assert_eq!(returns.len(), calls.len(), "every call has its return");
}

/// Histories that Jepsen itself wrote, written again.
#[test]
fn jepsens_own_histories_come_back_as_they_were() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/histories");
    let mut read = 0;
    for part in ["knossos", "elle"] {
        let Ok(files) = fs::read_dir(folder.join(part)) else {
            return println!("skipped: there are no recorded histories here");
        };
        for file in files.map(|file| file.expect("an entry").path()) {
            let text = fs::read_to_string(&file).expect("a file");
            let mut lines = Reader(&text).all().unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            if let [Edn::List(all)] = lines.as_slice() {
                lines.clone_from(&all.clone());
            }
            let (mut tags, mut next) = (BTreeMap::new(), 0);
            let (mut history, mut expected) = (History::new(), Vec::new());
            for (line, at) in lines.iter().zip(0..) {
                let kind = name(line.get("type"));
                let f = line.get("f").map_or_else(|| "txn".to_owned(), |f| name(Some(f)));
                let process = number(line.get("process"));
                let kind_of = match kind.as_str() {
                    "invoke" => {
                        next += 1;
                        tags.insert(process, Tag(next));
                        Kind::Invoke
                    }
                    "ok" => Kind::Ok,
                    "fail" => Kind::Fail,
                    _ => Kind::Info,
                };
                let value = line.get("value").unwrap_or(Value::Nil);
                let op = Op { f: f.clone(), value: value.clone() };
                history.push(tags[&process], kind_of, op, Time::from_nanos(at));
                expected.push((kind, f, Some(value)));
            }
            assert_eq!(read_jepsen(&history.jepsen()), expected, "{}", file.display());
            read += lines.len();
        }
    }
    println!("{read} lines");
    assert!(read > 1_000);
}
