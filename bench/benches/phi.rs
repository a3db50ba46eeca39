//! Failure detectors side by side in one run: one group for each table, one function for each entrant.

use core::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quorate_bench::phi::TABLES;

fn tables(criterion: &mut Criterion) {
    for (table, make) in
        TABLES.into_iter().flat_map(|(table, contests)| contests().into_iter().map(move |make| (table, make)))
    {
        let mut contest = make();
        contest.check(1);
        let mut group = criterion.benchmark_group(format!("phi/{table}/{}", contest.what));
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
    name = phi;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(100))
        .measurement_time(Duration::from_millis(400));
    targets = tables
}
criterion_main!(phi);
