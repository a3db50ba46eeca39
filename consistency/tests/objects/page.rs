//! Pages: nothing is missing, nothing is taken for markup, and a browser can do with the page what it says.

use std::collections::BTreeMap;

use quorate_consistency::{
    Explanation, History, HistoryBuilder, Verdict, check,
    explain::Debugged,
    spec::{CasOp, CasRegister, CasRet, Kv, KvOp, KvRet},
};

use crate::{
    browser::browse,
    common::erased::{ErasedSpec, erased},
};

/// Writes and reads, `count` of each, then a read of what was written first. Two writes may still come.
fn stale(count: u64) -> History<CasOp<u64>, CasRet<u64>> {
    let mut history = HistoryBuilder::new();
    for value in 1..=count {
        history.invoke(1, CasOp::Write(value)).unwrap();
        history.invoke(2, CasOp::Read).unwrap();
        history.ok(2, CasRet::Value(value)).unwrap();
        history.ok(1, CasRet::Written).unwrap();
    }
    history.invoke(3, CasOp::Write(1_000_000)).unwrap();
    history.invoke(4, CasOp::Cas { from: 9_999_999, to: 0 }).unwrap();
    history.invoke(2, CasOp::Read).unwrap();
    history.ok(2, CasRet::Value(1)).unwrap();
    history.ok(4, CasRet::Swapped(false)).unwrap();
    history.invoke(2, CasOp::Read).unwrap();
    history.finish()
}

fn explained(count: u64, operations_max: usize) -> Explanation {
    let (spec, history) = (ErasedSpec::new(CasRegister { initial: 0_u64 }), erased(&stale(count)));
    let Verdict::Violation(found) = check(&spec, &history) else { panic!("it is stale") };
    Explanation::new(&spec, &history, &found, &Debugged, operations_max).unwrap()
}

/// A small reader of markup: every element ends where it must, and attributes are quoted.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    let mut rest = svg;
    while let Some((text, after)) = rest.split_once('<') {
        let entity = |at: &str| ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|end| at.starts_with(end));
        assert!(text.split('&').skip(1).all(entity), "a bare ampersand in {text:?}");
        let (tag, after) = after.split_once('>').expect("a tag ends");
        assert!(tag.matches('"').count() % 2 == 0, "{tag}");
        if let Some(ended) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(ended));
        } else if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default().to_owned());
        }
        rest = after;
    }
    assert_eq!(open, Vec::<String>::new());
}

/// What is drawn and told, without style and script.
fn content(html: &str) -> &str {
    let (_, content) = html.split_once("</head>").expect("a page has a head");
    content.split_once("<script>").expect("and a script").0.trim_start_matches("<body>")
}

#[test]
fn every_operation_is_drawn_and_told() {
    let told = explained(5, 200);
    let html = told.page("a <stale> read");
    assert_eq!(html, explained(5, 200).page("a <stale> read"), "the same every time");
    let content = content(&html).replace("<body>", "");
    assert_well_formed(&content);
    assert_eq!(content.matches("data-op=").count(), told.operations.len());
    assert_eq!(content.matches("<template id=\"about-").count(), told.operations.len());
    assert_eq!(
        content.matches("class=\"number\"").count(),
        11,
        "what had returned is in the order, and one more"
    );
    assert_eq!(content.matches("class=\"op culprit\"").count(), 1);
    assert_eq!(content.matches("class=\"op waiting\"").count(), 0, "the compare-and-set has found its place");
    assert_eq!(content.matches("class=\"op waiting endless\"").count(), 1);
    assert!(html.contains("a &lt;stale&gt; read") && html.contains("operations not shown: 1 later"));
    for address in ["http:", "https:", "src=", "@import", "url("] {
        assert!(!html.contains(address), "it needs nothing else: {address}");
    }
}

#[test]
fn hostile_text_stays_text() {
    const HOSTILE: &str = "</script><script>alert(1)</script><!--\"'&\u{0}\u{2028}\u{202e}{{script}}`";
    let page = |text: &str| {
        let spec = ErasedSpec::new(Kv::<String>::new(Some(text.to_owned())));
        let mut history = HistoryBuilder::new();
        history.invoke(1, KvOp::Put(text.to_owned(), text.to_owned())).unwrap();
        history.ok(1, KvRet::Done).unwrap();
        history.invoke(1, KvOp::Get(text.to_owned())).unwrap();
        history.ok(1, KvRet::Value(Some(format!("{text}2")))).unwrap();
        let history = erased(&history.finish());
        let Verdict::Violation(found) = check(&spec, &history) else { panic!("nobody wrote that") };
        Explanation::new(&spec, &history, &found, &Debugged, 200).unwrap().page(text)
    };
    let (plain, hostile) = (page("x"), page(HOSTILE));
    for markup in ["<script", "</script", "<!--", "<template", "<g ", "<svg"] {
        assert_eq!(hostile.matches(markup).count(), plain.matches(markup).count(), "{markup}");
    }
    assert!(!hostile.contains('\u{0}') && !hostile.contains('\u{202e}'));
    assert_well_formed(&content(&hostile).replace("<body>", ""));
}

#[test]
fn a_long_history_is_shown_where_it_went_wrong_and_the_page_says_so() {
    let told = explained(20_000, 200);
    let html = told.page("long");
    println!("{} operations in {} bytes", told.operations.len(), html.len());
    assert_eq!(told.operations.len(), 200);
    assert!(html.contains("operations not shown: 39803 earlier, 1 later"));
    assert!(html.contains(">40000</text>"), "the order is numbered from its beginning");
    assert!(html.len() < 200_000);
}

#[test]
fn a_browser_follows_addresses_clicks_and_keys() {
    let script = "<script>
        const told = {};
        const tell = (name) => { told[name] = $('panel').textContent + '|' + location.hash + '|' + $('back').hidden; };
        const key = (key) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        const click = (what) => document.querySelector(what).dispatchEvent(new MouseEvent('click', { bubbles: true }));
        tell('asked');
        key('Escape'); tell('why');
        click('.op[data-op=\"3\"]'); tell('clicked');
        key('ArrowRight'); tell('next');
        key('k'); tell('back');
        key('v'); tell('culprit');
        key('j'); key('j'); tell('last');
        click('#back'); tell('again');
        told.chart = `scrolled ${$('chart').scrollLeft > 0}|`;
        const out = document.createElement('pre');
        out.id = 'told';
        out.textContent = Object.entries(told).map(([name, text]) => `${name}: ${text.replace(/\\s+/g, ' ')}`).join('\\n');
        document.body.append(out);
    </script></body>";
    let told = explained(30, 200);
    let html = told.page("stale").replacen("</body>", script, 1);
    let Some(dom) = browse("explain-clicks", &html, "operation=2") else {
        return println!("skipped: there is no chromium here");
    };
    let (_, told) = dom.split_once("<pre id=\"told\">").expect("the script ran to its end");
    let told: BTreeMap<&str, &str> = told.lines().filter_map(|line| line.split_once(": ")).collect();
    let says = |name: &str, text: &str| assert!(told[name].contains(text), "{name}: {}", told[name]);
    says("asked", "Write(2) → Written");
    says("asked", "in the ordernumber 3 before it1 after it2");
    says("asked", "|#operation=2|false");
    says("why", "there are 2 situations");
    says("why", "Read cannot return Value(1): the object holds 30");
    says("why", "Write(1000000) leads to 1000000");
    says("why", "||true");
    says("clicked", "Read → Value(2)");
    says("next", "Write(3) → Written");
    says("back", "Read → Value(2)");
    says("culprit", "it fits nowhere");
    says("culprit", "the object holds 1000000");
    says("last", "|#operation=62|");
    says("again", "there are 2 situations");
    says("chart", "scrolled true");
}
