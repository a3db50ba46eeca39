//! Explains a stale read: in words, as a timeline, and made small; with a file as its argument as a page, too.
//! `cargo run -p quorate-consistency --features pages --example explain -- stale.html`
#![allow(clippy::print_stdout, reason = "an example says what it did")]

use std::error::Error;

use quorate_consistency::{
    Explanation, HistoryBuilder, Minimizer, Verdict, check,
    explain::Debugged,
    spec::{CasOp, CasRegister, CasRet},
};

fn main() -> Result<(), Box<dyn Error>> {
    let spec = CasRegister { initial: 0 };
    let mut history = HistoryBuilder::new();
    for value in 1..=4 {
        history.invoke(1, CasOp::Write(value))?;
        history.invoke(2, CasOp::Read)?;
        history.ok(2, CasRet::Value(value))?;
        history.ok(1, CasRet::Written)?;
    }
    history.invoke(3, CasOp::Write(5))?;
    history.invoke(4, CasOp::Cas { from: 9, to: 7 })?;
    history.info(4)?;
    history.invoke(2, CasOp::Read)?;
    history.ok(2, CasRet::Value(2))?;
    let history = history.finish();

    let Verdict::Violation(found) = check(&spec, &history) else {
        return Err("this should not be linearizable".into());
    };
    let explanation = Explanation::new(&spec, &history, &found, &Debugged, 12).ok_or("another history")?;
    println!("{explanation}");
    let small = Minimizer::default().minimize(&spec, &history, &found);
    let kept: Vec<_> = small.kept.iter().map(ToString::to_string).collect();
    println!("enough to see it: {}", kept.join(", "));
    #[cfg(feature = "pages")]
    if let Some(file) = std::env::args().nth(1) {
        std::fs::write(file, explanation.page("a stale read"))?;
    }
    Ok(())
}
