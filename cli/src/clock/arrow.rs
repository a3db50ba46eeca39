//! Messages as arrows that keep clear of the events they do not concern.

/// A place in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// From one place to another, bent so that it is so far beside the middle of the straight line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arrow {
    from: Place,
    to: Place,
    bend: f64,
}

/// Bends that are tried, the least first.
const BENDS: [f64; 7] = [0.0, 10.0, -10.0, 20.0, -20.0, 36.0, -36.0];
/// How far an arrow keeps from the middle of a dot that is not its own.
const CLEAR: f64 = 8.0;

impl Arrow {
    /// As straight as may be without running into these dots; or as far from them as may be.
    pub(super) fn beside(from: Place, to: Place, dots: &(impl Iterator<Item = Place> + Clone)) -> Self {
        let mut best = (f64::NEG_INFINITY, Self { from, to, bend: 0.0 });
        for bend in BENDS {
            let arrow = Self { from, to, bend };
            let distance = dots.clone().map(|dot| arrow.distance(dot)).fold(f64::INFINITY, f64::min);
            if distance >= CLEAR {
                return arrow;
            }
            if distance > best.0 {
                best = (distance, arrow);
            }
        }
        best.1
    }

    /// Along the straight line, and to the side of it; both of length 1.
    fn axes(self) -> (Place, Place) {
        let (x, y) = (self.to.x - self.from.x, self.to.y - self.from.y);
        let length = x.hypot(y).max(1.0);
        let along = Place { x: x / length, y: y / length };
        (along, Place { x: -along.y, y: along.x })
    }

    /// How far a dot is from the arrow, measured across the straight line.
    fn distance(self, dot: Place) -> f64 {
        let (along, aside) = self.axes();
        let (x, y) = (dot.x - self.from.x, dot.y - self.from.y);
        let length = (self.to.x - self.from.x).hypot(self.to.y - self.from.y).max(1.0);
        let part = (x * along.x + y * along.y) / length;
        if !(0.0..=1.0).contains(&part) {
            return f64::INFINITY;
        }
        // A parabola that is `bend` away in the middle.
        let bent = 4.0 * part * (1.0 - part) * self.bend;
        (x * aside.x + y * aside.y - bent).abs()
    }

    /// Its line and its head as paths, the tip so far before the end.
    pub(super) fn paths(self, before: f64, head: f64) -> (String, String) {
        let (_, aside) = self.axes();
        let Self { from, to, bend } = self;
        let (middle_x, middle_y) = (f64::midpoint(from.x, to.x), f64::midpoint(from.y, to.y));
        let pull = Place { x: middle_x + aside.x * bend * 2.0, y: middle_y + aside.y * bend * 2.0 };
        let (along, aside) = Self { from: pull, to, bend: 0.0 }.axes();
        let back = |by: f64| Place { x: to.x - along.x * by, y: to.y - along.y * by };
        let (tip, base, half) = (back(before), back(before + head), head / 2.0);
        let curve = if bend == 0.0 { "L".to_owned() } else { format!("Q{:.1} {:.1} ", pull.x, pull.y) };
        let line = format!("M{:.1} {:.1}{curve}{:.1} {:.1}", from.x, from.y, base.x, base.y);
        let head = format!(
            "M{:.1} {:.1}L{:.1} {:.1}L{:.1} {:.1}Z",
            tip.x,
            tip.y,
            base.x + aside.x * half,
            base.y + aside.y * half,
            base.x - aside.x * half,
            base.y - aside.y * half
        );
        (line, head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arrow_bends_around_what_is_in_its_way_alone() {
        let (from, to) = (Place { x: 0.0, y: 0.0 }, Place { x: 200.0, y: 40.0 });
        let free = Arrow::beside(from, to, &[Place { x: 100.0, y: 60.0 }].into_iter());
        assert_eq!(free.paths(0.0, 6.0).0.find('Q'), None);
        let dot = Place { x: 100.0, y: 20.0 };
        let bent = Arrow::beside(from, to, &[dot].into_iter());
        assert!(bent.distance(dot) >= CLEAR && bent.paths(0.0, 6.0).0.contains('Q'));
    }
}
