//! Logical clocks side by side in one run: one group for each table, one function for each entrant.

use core::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quorate_bench::vclock::contests;

fn clocks(criterion: &mut Criterion) {
    for mut contest in contests() {
        contest.check(3);
        let mut group = criterion.benchmark_group(format!("vclock/{}/{}", contest.table, contest.what));
        group.throughput(Throughput::Elements(contest.things));
        for entrant in &mut contest.entrants {
            group.bench_function(BenchmarkId::from_parameter(entrant.name), |bencher| {
                bencher.iter_custom(|times| entrant.take_turn(times).time);
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = vclock;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
    targets = clocks
}
criterion_main!(vclock);
