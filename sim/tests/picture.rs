//! Pictures of runs: nothing is missing, nothing is taken for markup, and a browser can do with the page what it says.
#![allow(clippy::wildcard_enum_match_arm, reason = "each test looks only at what it is about")]

#[path = "../../consistency/tests/common/browser.rs"]
mod browser;
mod toy;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use browser::browse;
use quorate_machine::{NodeId, Time};
use quorate_sim::{
    Bounds, Check, Done, Fate, Fed, Happening, Moment, PICTURE_MOMENTS, Plan, Portrait, Report, Stepped,
    Verdict, generate, run_recorded,
};
use serde_json::Value;
use toy::{Toy, broken::Bug};

const DOC: &str = include_str!("../doc/failure.plan");

fn doc() -> (Plan, Report) {
    let plan: Plan = DOC.parse().expect("a plan");
    let toy = Toy { bug: Some(Bug::SendsBeforeDurable) };
    let report = run_recorded(&toy, &plan, PICTURE_MOMENTS);
    assert_eq!(report.verdict.invariant(), Some("written is kept"));
    (plan, report)
}

/// The data that a page holds for its script.
fn data(html: &str) -> Value {
    let (_, data) = html.split_once("id=\"data\">").expect("a page has data");
    let (data, _) = data.split_once("</script>").expect("the data ends");
    serde_json::from_str(data).expect("the data is JSON")
}

fn steps(report: &Report) -> impl Iterator<Item = &Stepped> {
    report.recording.moments.iter().filter_map(|moment| match &moment.happening {
        Happening::Stepped(step) => Some(step),
        _ => None,
    })
}

/// How many arrows a whole recording must have: one for each copy that came to its end, one for each message that never
/// travelled, one for each that is still on its way.
fn arrows_of(report: &Report) -> usize {
    let mut ends: BTreeMap<u64, usize> = BTreeMap::new();
    for moment in &report.recording.moments {
        match &moment.happening {
            Happening::Stepped(Stepped { fed: Fed::Received { letter, .. }, .. })
            | Happening::Undelivered { letter, .. } => *ends.entry(*letter).or_default() += 1,
            _ => {}
        }
    }
    let sent = steps(report).flat_map(|step| &step.done).filter_map(|done| match done {
        Done::Sent { letter, fate, .. } => Some((letter, fate)),
        _ => None,
    });
    let without_end = sent.filter(|(letter, fate)| {
        let travels = matches!(fate, Fate::Sent | Fate::Duplicated | Fate::Corrupted);
        !travels || !ends.contains_key(letter)
    });
    without_end.count() + ends.values().sum::<usize>()
}

#[test]
fn every_message_has_its_arrow() {
    let (mut drawn, mut kinds) = (0, BTreeSet::new());
    for seed in 0..60 {
        let plan = generate::mix(seed, &Bounds::default());
        let report = run_recorded(&Toy::default(), &plan, 3_000);
        if report.recording.forgotten > 0 {
            continue;
        }
        let svg = report.svg(usize::MAX);
        assert_eq!(svg.matches("data-a=").count(), arrows_of(&report), "seed {seed}");
        let data = data(&report.html(&plan));
        let letters = steps(&report).flat_map(|step| &step.done).filter_map(|done| match done {
            Done::Sent { letter, .. } if *letter > 0 => Some(*letter),
            _ => None,
        });
        let arrows = data["arrows"].as_array().expect("arrows");
        let with_arrows: BTreeSet<u64> =
            arrows.iter().filter_map(|arrow| arrow["letter"].as_u64()).filter(|letter| *letter > 0).collect();
        assert_eq!(with_arrows, letters.collect(), "seed {seed}");
        drawn += arrows.len();
        kinds.extend(arrows.iter().filter_map(|arrow| arrow["fate"].as_str().map(str::to_owned)));
    }
    println!("{drawn} arrows: {kinds:?}");
    assert!(drawn > 1_000 && kinds.len() >= 8, "the runs were too quiet");
}

#[test]
fn every_record_is_shaded_until_it_is_durable_or_lost() {
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for seed in 0..200 {
        // A run that ends with a violation leaves records on their way.
        let toy = Toy { bug: (seed % 2 == 0).then_some(Bug::SpeaksBeforeDurable) };
        let report = run_recorded(&toy, &generate::mix(seed, &Bounds::default()), 3_000);
        let svg = report.svg(usize::MAX);
        let moments = &report.recording.moments;
        assert_eq!(svg.matches("<rect class=\"row").count(), moments.len(), "seed {seed}");
        let faults = moments.iter().filter(|moment| matches!(moment.happening, Happening::Fault { .. }));
        assert_eq!(svg.matches("<rect class=\"bar\" data-m").count(), faults.count(), "seed {seed}");
        let mut shaded = 0;
        for gap in svg.lines().filter(|line| line.starts_with("<g class=\"gap") && line.contains("<title>")) {
            let (_, title) = gap.split_once("<title>").expect("a title");
            let (records, end) = title.split_once(": ").expect("what became of how many");
            let records = records.split(' ').next().and_then(|count| count.parse().ok()).unwrap_or(1);
            shaded += records;
            *ends.entry(end.replace("</title></g>", "")).or_default() += records;
        }
        let records = steps(&report).flat_map(|step| &step.done);
        let records = records.filter(|done| matches!(done, Done::Persisted { .. })).count();
        assert_eq!(shaded, records as u64, "seed {seed}");
    }
    println!("{ends:?}");
    assert!(ends.len() == 4 && ends.values().all(|records| *records > 5), "{ends:?}");
}

#[test]
fn what_led_to_the_violation_stands_out() {
    let (_, report) = doc();
    let svg = report.svg(usize::MAX);
    assert_eq!(svg.matches("row blamed").count(), 1);
    // The record that was lost, and that n3 knew better, is the story; what n1 never heard is not.
    assert!(svg.contains("gap gone") && svg.contains("lost in the crash"));
    let lines: Vec<_> = svg.lines().filter(|line| line.contains("class=\"say")).collect();
    let is_faded = |text: &str| {
        let line = lines.iter().find(|line| line.contains(text)).expect(text);
        line.contains("say out")
    };
    assert!(is_faded("message 7 to n1: missed") && !is_faded(" is down, 1 record lost"));
    assert!(!is_faded("crash it down 90ms") && !is_faded("emit Written"));
    let passed = Report { verdict: Verdict::Passed, ..report.clone() };
    assert!(!passed.svg(usize::MAX).contains("say out"), "nothing is faded without a violation");
    // Found when the run had ended: no step is to blame.
    let later = Report { virtual_time: report.virtual_time * 2, ..report };
    assert!(
        !later.svg(usize::MAX).contains("row blamed") && later.svg(usize::MAX).contains("written is kept")
    );
}

#[test]
fn hostile_text_stays_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script><!--\"'&\u{0}\u{2028}{{plan}}";
    let (mut plan, mut report) = doc();
    plan.seed = 7;
    let before = report.html(&plan);
    for moment in &mut report.recording.moments {
        if let Happening::Stepped(step) = &mut moment.happening {
            step.portrait = Portrait { role: HOSTILE.to_owned(), state: HOSTILE.to_owned() };
            if let Fed::Received { text, .. } | Fed::Submitted { text, .. } = &mut step.fed {
                HOSTILE.clone_into(text);
            }
            for done in &mut step.done {
                let (Done::Sent { text, .. } | Done::Persisted { text, .. } | Done::Told { text }) = done;
                HOSTILE.clone_into(text);
            }
        } else if let Happening::Fault { text, .. } = &mut moment.happening {
            HOSTILE.clone_into(text);
        }
    }
    report.verdict = Verdict::Violated { invariant: "x", at: 1, why: HOSTILE.to_owned() };
    let html = report.html(&plan);
    for markup in ["<script", "</script", "<!--", "<pre"] {
        assert_eq!(html.matches(markup).count(), before.matches(markup).count(), "{markup}");
    }
    assert!(!html.contains('\u{0}'));
    let texts = data(&html)["texts"].as_array().expect("texts").clone();
    assert!(texts.iter().any(|text| text.as_str() == Some(HOSTILE)), "and it is all there");
    assert_well_formed(&report.svg(usize::MAX));
}

/// A small reader of XML: every element ends where it must, and attributes are quoted.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        let entity = |at: &str| ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|end| at.starts_with(end));
        assert!(text.split('&').skip(1).all(entity), "a bare ampersand in {text:?}");
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(tag.matches('"').count() % 2 == 0, "{tag}");
        let name = |tag: &str| tag.split_whitespace().next().unwrap_or_default().to_owned();
        if let Some(ended) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(ended));
        } else if !tag.ends_with('/') {
            open.push(name(tag));
        }
        rest = after;
    }
    assert_eq!(open, Vec::<String>::new());
}

/// The numbers of an attribute in the elements of a class, in their order.
fn numbers(svg: &str, class: &str, attribute: &str) -> Vec<i64> {
    let elements = svg.split('<').filter(|element| element.contains(&format!("class=\"{class}\"")));
    elements
        .filter_map(|element| {
            element.split(&format!(" {attribute}=\"")).nth(1)?.split('"').next()?.parse().ok()
        })
        .collect()
}

#[test]
fn no_two_labels_share_a_place() {
    let mut labels = 0;
    for seed in 0..20 {
        let plan = generate::mix(seed, &Bounds { nodes: 1..=9, ..Bounds::default() });
        let svg = run_recorded(&Toy::default(), &plan, 2_000).svg(2_000);
        assert_well_formed(&svg);
        for class in ["words", "time"] {
            let ys = numbers(&svg, class, "y");
            // The head has a place of its own.
            let close = ys[1..].windows(2).find(|pair| pair[1] - pair[0] < 14);
            assert_eq!(close, None, "seed {seed}, {class}");
            labels += ys.len();
        }
        let mut axis = numbers(&svg, "time", "y").split_off(1);
        axis.extend(numbers(&svg, "silence", "y"));
        axis.sort_unstable();
        assert!(axis.windows(2).all(|pair| pair[1] - pair[0] >= 10), "seed {seed}");
        let lanes = numbers(&svg, "lane-name", "x");
        assert!(
            lanes.len() == usize::from(plan.nodes) && lanes.windows(2).all(|pair| pair[1] - pair[0] >= 30)
        );
    }
    assert!(labels > 2_000, "{labels} labels");
}

#[test]
fn equal_runs_make_equal_pictures() {
    let ((plan, one), (_, two)) = (doc(), doc());
    assert_eq!(one.html(&plan), two.html(&plan));
    assert_eq!(one.svg(20), two.svg(20));
}

#[test]
fn a_long_run_is_shown_from_where_it_fits_and_the_page_says_so() {
    let (plan, mut report) = doc();
    let woken = |at: u64| Moment {
        at: Time::from_nanos(at * 1_000_000),
        happening: Happening::Stepped(Stepped {
            seq: at,
            node: NodeId(1 + at % 3),
            incarnation: 0,
            fed: Fed::Woken,
            done: Vec::new(),
            portrait: Portrait::default(),
        }),
    };
    report.recording.moments = (0..20_000).map(woken).collect();
    report.recording.forgotten = 5;
    report.verdict = Verdict::Passed;
    let html = report.html(&plan);
    let moments = data(&html)["moments"].as_array().map_or(0, Vec::len);
    println!("{moments} moments in {} bytes", html.len());
    assert!(moments == 3_000 && html.contains("17005 earlier moments are left out"));
    assert!(report.svg(10).contains("19995 earlier moments are left out"));
    report.recording.moments.clear();
    report.recording.forgotten = 0;
    assert!(report.html(&plan).contains("nothing was recorded"));
    assert_well_formed(&report.svg(10));
}

#[test]
fn the_picture_in_the_readme_is_of_today() {
    let (_, report) = doc();
    let drawn = report.svg(PICTURE_MOMENTS);
    assert!(drawn.len() < 60_000);
    let kept = include_str!("../doc/failure.svg");
    assert!(
        kept == drawn,
        "draw it again: cargo run -p quorate-sim --example picture -- sim/doc/failure.svg"
    );
}

#[test]
fn a_failure_is_drawn_with_more_than_it_tells() {
    let (plan, report) = doc();
    let toy = Toy { bug: Some(Bug::SendsBeforeDurable) };
    let check = Check { trace_lines: 3, shrink_runs: 0, ..Check::default() };
    let failure = check.run_plan(&toy, &plan).expect_err("it fails");
    assert_eq!(failure.report.recording.moments.len(), 3);
    assert_eq!(failure.html(&toy), report.html(&plan));
    let file = failure.picture.as_deref().expect("it is kept beside the plan");
    assert_eq!(fs::read_to_string(file).expect("a file"), report.html(&plan));
    assert!(failure.to_string().contains(&format!("picture: {}", file.display())));
    let check = Check { environment: false, ..check };
    assert_eq!(check.run_plan(&toy, &plan).expect_err("it fails").picture, None);
}

fn panel(dom: &str) -> &str {
    let (_, panel) = dom.split_once("<aside").expect("a panel");
    panel.split_once("</aside>").expect("it ends").0
}

#[test]
fn a_browser_shows_the_step_that_the_address_names() {
    let (plan, report) = doc();
    let Some(dom) = browse("picture-step", &report.html(&plan), "step=1") else {
        return println!("skipped: there is no chromium here");
    };
    let panel = panel(&dom);
    for part in [
        "n2 received message 1 from n1",
        "Store(Version",
        "persist, ticket 1",
        "class=\"plus\"",
        "number: 1,",
    ] {
        assert!(panel.contains(part), "{part} is missing from {panel}");
    }
    assert!(dom.contains("row selected"));
}

#[test]
fn a_browser_follows_clicks_and_keys() {
    let (plan, report) = doc();
    let script = "<script>
        const told = {};
        const tell = (name) => { told[name] = document.getElementById('panel').textContent; };
        const key = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        const click = (what) => document.querySelector(what).dispatchEvent(new MouseEvent('click', { bubbles: true }));
        tell('intro');
        click('rect.row[data-m=\"3\"]'); tell('row');
        key('j'); tell('next');
        key('k'); tell('back');
        key('v'); tell('violation');
        key('ArrowLeft'); tell('cause');
        click('[data-a=\"0\"] .hit'); tell('arrow');
        key('Escape'); tell('escaped');
        key('j');
        document.getElementById('filter').value = 'PERSISTED';
        document.getElementById('filter').dispatchEvent(new Event('input'));
        told.unlike = document.querySelectorAll('.say.unlike').length;
        const out = document.createElement('pre');
        out.id = 'told';
        out.textContent = Object.entries(told).map(([name, text]) => `${name}: ${text.toString().replace(/\\s+/g, ' ')}`)
            .join('\\n');
        document.body.append(out);
    </script></body>";
    let html = report.html(&plan).replacen("</body>", script, 1);
    let Some(dom) = browse("picture-clicks", &html, "") else {
        return println!("skipped: there is no chromium here");
    };
    let (_, told) = dom.split_once("<pre id=\"told\">").expect("the script ran to its end");
    let told: BTreeMap<&str, &str> = told.lines().filter_map(|line| line.split_once(": ")).collect();
    let says = |name: &str, text: &str| assert!(told[name].contains(text), "{name}: {}", told[name]);
    says("intro", "quorate plan 2");
    says("row", "n1 was given command 1");
    says("row", "send n2, message 1");
    says("next", "n2 received message 1 from n1");
    says("back", "n1 was given command 1");
    says("violation", "is on 1 of 3 disks");
    says("cause", "n2 received message");
    says("arrow", "Message 1: n1 → n2");
    says("escaped", "quorate plan 2");
    let unlike: usize =
        told["unlike"].trim_end_matches(|char: char| !char.is_ascii_digit()).parse().unwrap_or(0);
    assert_eq!(unlike, report.recording.moments.len() - 3, "three rows say that something is durable");
}
