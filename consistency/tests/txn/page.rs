//! Pages of anomalies: nothing is missing, nothing is taken for markup, and a browser draws what leads from one to the next.

use quorate_consistency::txn::{
    History, HistoryBuilder, ListOp, Options, RegisterOp, Report, TxnId, check_list_append, check_rw_register,
};

use crate::browser::browse;

type Lists = History<ListOp<String, u32>>;

/// Read skew between two, in the order of versions that a third has read, and a read of what aborted.
fn skewed(key: &str) -> (Lists, Report<String, u32>) {
    let append = |key: &str, value| ListOp::Append(key.to_owned(), value);
    let read = |key: &str, values: &[u32]| ListOp::Read(key.to_owned(), values.to_vec());
    let txns = [
        vec![append(key, 1), append("y", 1)],
        vec![append(key, 2), append("y", 2)],
        vec![read(key, &[1, 2]), read("y", &[1])],
        vec![read(key, &[1, 2]), read("y", &[1, 2])],
        vec![append("z", 9)],
        vec![read("z", &[9])],
    ];
    let mut history = HistoryBuilder::new();
    for (process, ops) in (0..).zip(&txns) {
        history.invoke(process, ops.clone()).unwrap();
    }
    for (process, ops) in (0..).zip(txns) {
        if process == 4 {
            history.fail(process).unwrap();
        } else {
            history.ok(process, ops).unwrap();
        }
    }
    let history = history.finish();
    let report = check_list_append(&history, Options::default()).unwrap();
    (history, report)
}

fn whence(txn: TxnId) -> Option<String> {
    (txn.index() < 10).then(|| format!("line {}", 10 + txn.index()))
}

#[test]
fn every_finding_is_told_and_its_transactions_are_shown() {
    let (history, report) = skewed("x");
    let page = report.page(&history, "six.edn", whence);
    assert!(report.findings.len() >= 2, "{report:?}");
    for finding in &report.findings {
        let told = finding.to_string();
        for line in told.lines().skip(1) {
            assert!(page.contains(&format!("<li>{}</li>", line.trim())), "{line}");
        }
        assert!(page.contains(&format!("<h2>{}</h2>", finding.anomaly)));
    }
    assert!(page.contains("<li class=\"named\">read x [1 2]</li>"));
    assert!(page.contains("<p>process 4 · aborted · line 14</p>"));
    assert_eq!(page.matches("class=\"arrow back").count(), 1, "one cycle");
    assert!(!page.contains("{{"));
}

#[test]
fn hostile_keys_stay_text() {
    let (history, report) = skewed("<script>alert('x')</script>{{title}}");
    let page = report.page(&history, "\"><i>", whence);
    assert!(!page.contains("<script") && !page.contains("<i>"));
    assert!(page.contains("&lt;script&gt;alert"));
}

#[test]
fn nothing_found_is_said() {
    let mut history = HistoryBuilder::<RegisterOp<u8, u8>>::new();
    history.invoke(1, vec![RegisterOp::Write(1, 1)]).unwrap();
    let history = history.finish();
    let page = check_rw_register(&history, Options::default()).unwrap().page(&history, "one", whence);
    assert!(page.contains("<h1>no anomaly was found</h1>"));
}

#[test]
fn a_browser_draws_the_cycle() {
    let (history, report) = skewed("x");
    let script = "<script>
        const box = (what) => document.querySelector(what).getBoundingClientRect();
        const cards = [...document.querySelectorAll('.sheet:has(.back) article')].map((card) => card.getBoundingClientRect());
        const [forth, back] = [box('.arrow.forth'), box('.arrow.back')];
        const told = [
            cards.length, cards[0].right <= forth.left && forth.right <= cards[1].left,
            back.top >= cards[0].bottom && back.left > cards[0].left && back.right < cards[1].right,
            document.documentElement.scrollWidth <= innerWidth,
        ];
        document.body.append(Object.assign(document.createElement('pre'), { id: 'told', textContent: told.join(' ') }));
    </script></body>";
    let page = report.page(&history, "six.edn", whence);
    // The page itself runs no script.
    let page =
        page.replace("default-src 'none'; style-src 'unsafe-inline'", "").replacen("</body>", script, 1);
    let Some(dom) = browse("anomalies", &page, "") else {
        return println!("skipped: there is no chromium here");
    };
    assert!(dom.contains("<pre id=\"told\">2 true true true</pre>"), "{dom}");
}
