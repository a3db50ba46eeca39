//! What nodes have beside what is fair, as SVG.

use std::fmt::{self, Write as _};

use super::measure::Share;
use crate::markup::{Escaped, shorten_inside};

const STYLE: &str = include_str!("picture.css");

/// Heights of a row and of what is above all rows; the width of the names, of the largest bar, and of the numbers behind it.
const ROW: usize = 22;
const HEAD: usize = 64;
const NAMES: usize = 200;
const BARS: usize = 480;
const NUMBERS: usize = 190;
const NAME_MAX: usize = 24;

pub(super) fn draw(title: &str, shares: &[Share]) -> String {
    let mut svg = String::new();
    write(title, shares, &mut svg).unwrap_or_default(); // a string can always be written to
    svg
}

fn write(title: &str, shares: &[Share], svg: &mut String) -> fmt::Result {
    let (width, height) = (NAMES + BARS + NUMBERS, HEAD + shares.len() * ROW + 12);
    let most = shares.iter().map(|share| share.has.max(share.fair)).fold(f64::MIN_POSITIVE, f64::max);
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         class=\"ring\">\n<style>\n{STYLE}</style>\n<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>\n\
         <text class=\"title\" x=\"12\" y=\"24\">{}</text>\n\
         <text class=\"note\" x=\"12\" y=\"46\">the mark is what is fair by weight; orange is more than that</text>",
        Escaped(title)
    )?;
    for (row, share) in shares.iter().enumerate() {
        bar(row, share, most, svg)?;
    }
    svg.push_str("</svg>\n");
    Ok(())
}

fn bar(row: usize, share: &Share, most: f64, svg: &mut String) -> fmt::Result {
    let y = HEAD + row * ROW;
    let text = y + 15;
    let pixels = |part: f64| part / most * 480.0;
    let class = if share.has > share.fair { "much" } else { "few" };
    let name = shorten_inside(&share.node, NAME_MAX);
    let mark = 200.0 + pixels(share.fair);
    writeln!(
        svg,
        "<g><title>{}: {} of all, {} is fair</title>\
         <text x=\"{}\" y=\"{text}\" text-anchor=\"end\">{}</text>\
         <rect class=\"{class}\" x=\"{NAMES}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"/>\
         <line class=\"fair\" x1=\"{mark:.1}\" x2=\"{mark:.1}\" y1=\"{y}\" y2=\"{}\"/>\
         <text x=\"{}\" y=\"{text}\">{} ({:.2} of fair)</text></g>",
        Escaped(&share.node),
        percent(share.has),
        percent(share.fair),
        NAMES - 10,
        Escaped(&name),
        y + 3,
        pixels(share.has),
        ROW - 6,
        y + ROW,
        NAMES + BARS + 10,
        percent(share.has),
        share.has / share.fair,
    )
}

/// `9.09 %`
pub(super) fn percent(part: f64) -> String {
    format!("{:.2} %", part * 100.0)
}
