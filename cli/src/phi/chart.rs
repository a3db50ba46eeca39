//! φ over time and the histogram of the intervals, as SVG.

use std::error::Error;

use plotters::prelude::*;

use super::curve::{Curve, Intervals};

const SIZE: (u32, u32) = (1000, 720);
/// Where the upper chart ends.
const SPLIT: i32 = 430;
const BINS: usize = 60;
/// How far above the highest level φ is drawn: what is suspected is suspected.
const HEADROOM: f64 = 1.5;
const PHI: RGBColor = RGBColor(0x2f, 0x6f, 0xc0);
const LEVEL: RGBColor = RGBColor(0xc2, 0x5b, 0x1a);
const BAR: RGBColor = RGBColor(0x7f, 0xa6, 0xd6);
const FONT: (&str, u32) = ("monospace", 13);

/// What is drawn.
pub(super) struct Chart<'a> {
    pub(super) title: &'a str,
    pub(super) levels: &'a [f64],
    pub(super) curve: &'a Curve,
    pub(super) intervals: &'a Intervals,
}

impl Chart<'_> {
    pub(super) fn draw(&self) -> Result<String, String> {
        let mut svg = String::new();
        self.draw_into(&mut svg).map_err(|error| format!("the picture cannot be drawn: {error}"))?;
        Ok(svg)
    }

    fn draw_into(&self, svg: &mut String) -> Result<(), Box<dyn Error + '_>> {
        let paper = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        paper.fill(&WHITE)?;
        let (above, below) = paper.split_vertically(SPLIT);
        self.draw_curve(&above)?;
        self.draw_intervals(&below)?;
        paper.present()?;
        Ok(())
    }

    fn draw_curve(&self, area: &Area<'_>) -> Result<(), Box<dyn Error + '_>> {
        let points = self.curve.points();
        let from = points.first().map_or(0.0, |point| point.0);
        let to = points.last().map_or(1.0, |point| point.0).max(from + 1e-3);
        let highest = points.iter().map(|point| point.1).fold(1.0, f64::max);
        let most = self.levels.iter().copied().fold(1.0, f64::max) * HEADROOM;
        let top = highest.min(most) * 1.02;
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, ("monospace", 16))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(52)
            .build_cartesian_2d(from..to, 0.0..top)?;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE).label_style(FONT).x_desc("seconds").y_desc("φ").draw()?;
        let shown = points.iter().map(|(at, phi)| (*at, phi.min(top)));
        chart.draw_series(LineSeries::new(shown, PHI.stroke_width(1)))?;
        for level in self.levels.iter().filter(|level| **level <= top) {
            chart.draw_series(DashedLineSeries::new(
                [(from, *level), (to, *level)],
                6,
                4,
                LEVEL.stroke_width(1),
            ))?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "counts of a picture")]
    fn draw_intervals(&self, area: &Area<'_>) -> Result<(), Box<dyn Error + '_>> {
        let (from, width, counts) = self.intervals.bins(BINS);
        let most = counts.iter().copied().max().unwrap_or(0).max(1) as f64;
        let to = from + width * BINS as f64;
        let mut chart = ChartBuilder::on(area)
            .caption("intervals between heartbeats", ("monospace", 14))
            .margin(10)
            .x_label_area_size(36)
            .y_label_area_size(52)
            .build_cartesian_2d(from..to, 0.0..most * 1.05)?;
        let mut mesh = chart.configure_mesh();
        mesh.light_line_style(WHITE)
            .label_style(FONT)
            .x_desc("seconds (the last bar has all that are longer)");
        mesh.y_desc("heartbeats").draw()?;
        chart.draw_series(counts.iter().enumerate().map(|(bin, count)| {
            let left = from + width * bin as f64;
            Rectangle::new([(left, 0.0), (left + width, *count as f64)], BAR.filled())
        }))?;
        Ok(())
    }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
