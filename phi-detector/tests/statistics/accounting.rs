//! Qualities of service beside what looking at every nanosecond finds.

use core::time::Duration;

use quorate_machine::{Rng, Time};
use quorate_phi_detector::qos::{Qos, Quality};

/// What a detector said and what became of its peer, nanosecond by nanosecond.
struct Run {
    began: u64,
    suspected: Vec<bool>,
    crash: Option<usize>,
    qos: Qos,
}

/// Changes at instants that differ, said once or more.
fn run(rng: &mut Rng) -> Run {
    let began = rng.below(1_000);
    let length = usize::try_from(1 + rng.below(300)).unwrap_or(1);
    let crash = (rng.below(3) > 0).then(|| usize::try_from(rng.below(length as u64)).unwrap_or(0));
    let rarity = 2 + rng.below(40);
    let mut qos = Qos::begun(Time::from_nanos(began));
    let (mut suspected, mut is_suspected) = (vec![], false);
    for instant in 0..length {
        let at = Time::from_nanos(began + instant as u64);
        if Some(instant) == crash {
            qos.crashed(at);
        } else if instant > 0 && rng.below(rarity) == 0 {
            is_suspected = !is_suspected;
        }
        // What is said again changes nothing.
        if is_suspected {
            qos.suspected(at);
        } else {
            qos.trusted(at);
        }
        if rng.below(8) == 0 && crash.is_some_and(|crash| instant > crash) {
            qos.crashed(at);
        }
        suspected.push(is_suspected);
    }
    Run { began, suspected, crash, qos }
}

/// Instants at which the output becomes `to`.
fn changes(suspected: &[bool], to: bool) -> Vec<usize> {
    let before = |at: usize| at.checked_sub(1).is_some_and(|before| suspected.get(before) == Some(&true));
    (0..suspected.len()).filter(|&at| suspected.get(at) == Some(&to) && before(at) != to).collect()
}

/// By looking at every nanosecond.
#[derive(Debug, Default, PartialEq, Eq)]
struct Looked {
    up: u128,
    mistaken: u128,
    mistakes: u64,
    detection: Option<usize>,
    durations: Vec<u64>,
    recurrences: Vec<u64>,
    good: Vec<u64>,
}

fn look(run: &Run) -> Looked {
    let alive = run.crash.unwrap_or(run.suspected.len());
    let up = run.suspected.get(..alive).unwrap_or_default();
    let starts: Vec<usize> = changes(up, true);
    let ends: Vec<usize> = changes(up, false).into_iter().filter(|&at| at > 0).collect();
    let gap = |(from, to): (&usize, &usize)| (to - from) as u64;
    let detection = run.crash.filter(|_| run.suspected.last() == Some(&true)).map(|crash| {
        let last_trusted = run.suspected.iter().rposition(|suspected| !suspected);
        last_trusted.map_or(0, |at| at + 1).max(crash) - crash
    });
    Looked {
        up: alive as u128,
        mistaken: up.iter().filter(|&&suspected| suspected).count() as u128,
        mistakes: starts.len() as u64,
        detection,
        durations: starts.iter().zip(&ends).map(gap).collect(),
        recurrences: starts.iter().zip(starts.iter().skip(1)).map(gap).collect(),
        good: ends.iter().zip(starts.iter().skip(1)).map(gap).collect(),
    }
}

fn agrees(quality: &Quality, looked: &Looked) -> bool {
    let spans = [
        (quality.mistake_duration(), &looked.durations),
        (quality.mistake_recurrence(), &looked.recurrences),
        (quality.good_period(), &looked.good),
    ];
    let spans_agree = spans.into_iter().all(|(spans, looked)| {
        let total: u64 = looked.iter().sum();
        spans.count() == looked.len() as u64
            && spans.total() == u128::from(total)
            && spans.shortest() == looked.iter().min().copied().map(Duration::from_nanos)
            && spans.longest() == looked.iter().max().copied().map(Duration::from_nanos)
            && spans.mean() == total.checked_div(looked.len() as u64).map(Duration::from_nanos)
    });
    // An instant at random in the good periods, as the mean over all of them.
    let (all, weighted) =
        looked.good.iter().fold((0, 0), |(all, weighted), &good| (all + good, weighted + good * good));
    spans_agree
        && quality.up() == looked.up
        && quality.mistaken() == looked.mistaken
        && quality.mistakes() == looked.mistakes
        && quality.detection_time().mean() == looked.detection.map(|span| Duration::from_nanos(span as u64))
        && quality.forward_good_period() == weighted.checked_div(2 * all).map(Duration::from_nanos)
        && quality.query_accuracy().is_some() == (looked.up > 0)
        && quality.mistake_rate().is_some() == (looked.up > 0)
}

pub(crate) fn quality_is_what_each_nanosecond_says() -> Result<String, String> {
    let mut rng = Rng::new(1);
    let (mut mistakes, mut detected, mut undetected) = (0, 0, 0);
    for _ in 0..4_000 {
        let run = run(&mut rng);
        let over = Time::from_nanos(run.began + run.suspected.len() as u64);
        let (quality, looked) = (run.qos.over(over), look(&run));
        if !agrees(&quality, &looked)
            || (run.crash.is_some() && looked.detection.is_none()) != (quality.undetected() == 1)
        {
            return Err(format!("{looked:?}, and not {quality:?}"));
        }
        mistakes += quality.mistakes();
        detected += quality.detection_time().count();
        undetected += quality.undetected();
    }
    Ok(format!("4000 runs with {mistakes} mistakes, {detected} crashes detected and {undetected} not"))
}

/// Ties, clocks that go back, and the ends of time.
pub(crate) fn accounts_stay_sound_whatever_is_said() -> Result<String, String> {
    let mut rng = Rng::new(2);
    for _ in 0..4_000 {
        let any = |rng: &mut Rng| match rng.below(4) {
            0 => Time::from_nanos(rng.draw()),
            1 => Time::MAX,
            _ => Time::from_nanos(rng.below(50)),
        };
        let mut qos = Qos::begun(any(&mut rng));
        for _ in 0..rng.below(12) {
            let at = any(&mut rng);
            match rng.below(7) {
                0 => qos.crashed(at),
                1..=3 => qos.suspected(at),
                _ => qos.trusted(at),
            }
        }
        let quality = qos.over(any(&mut rng));
        let shares = [quality.query_accuracy(), quality.mistake_rate()];
        let sound = quality.mistaken() <= quality.up()
            && quality.detection_time().count() + quality.undetected() <= 1
            && quality.good_period().count() == quality.mistake_recurrence().count()
            && quality.mistake_recurrence().count() == quality.mistakes().saturating_sub(1)
            && quality.mistake_recurrence().total() <= quality.good_period().total() + quality.mistaken()
            && shares.into_iter().flatten().all(|share| share.is_finite() && share >= 0.0);
        if !sound {
            return Err(format!("{quality:?}"));
        }
    }
    let (nothing, none) = (Quality::default(), Qos::begun(Time::MAX).over(Time::ZERO));
    if nothing.query_accuracy().or(none.query_accuracy()).or(nothing.mistake_rate()).is_some() {
        return Err("there is a figure where nothing was observed".into());
    }
    Ok("4000 runs of nonsense".into())
}

pub(crate) fn merged_runs_are_all_runs() -> Result<String, String> {
    let mut rng = Rng::new(3);
    let (mut forth, mut back, mut all) = (Quality::default(), Quality::default(), Looked::default());
    let mut detections = vec![];
    let runs: Vec<Run> = (0..500).map(|_| run(&mut rng)).collect();
    let over = |run: &Run| run.qos.over(Time::from_nanos(run.began + run.suspected.len() as u64));
    for run in &runs {
        forth.merge(&over(run));
        let looked = look(run);
        all.up += looked.up;
        all.mistaken += looked.mistaken;
        all.mistakes += looked.mistakes;
        all.durations.extend(looked.durations);
        all.recurrences.extend(looked.recurrences);
        all.good.extend(looked.good);
        detections.extend(looked.detection);
    }
    runs.iter().rev().for_each(|run| back.merge(&over(run)));
    all.detection = detections.iter().sum::<usize>().checked_div(detections.len());
    if forth != back || !agrees(&forth, &all) || forth.runs() != 500 {
        return Err(format!("{all:?}, and not {forth:?}"));
    }
    Ok(format!("500 runs with {} mistakes, forth and back", forth.mistakes()))
}
