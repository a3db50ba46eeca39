//! The simulators and the explorers side by side in one run: time per message, time per closed scope.

use core::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quorate_bench::sim::{Race, Runner, Search, Searcher};

fn race(criterion: &mut Criterion) {
    for registers in [1, 64] {
        let race = Race { nodes: 5, registers, writes: 3_200 / u64::from(registers) };
        let mut group = criterion.benchmark_group(format!("sim/{registers} registers on 5 nodes"));
        group.throughput(Throughput::Elements(race.expected().messages));
        for runner in Runner::ALL {
            group.bench_function(BenchmarkId::from_parameter(runner), |bencher| {
                bencher.iter(|| black_box(runner.run(black_box(race))));
            });
        }
        group.finish();
    }
}

fn search(criterion: &mut Criterion) {
    let search = Search { nodes: 3, commands: 2, wakes: 2 };
    let mut group = criterion.benchmark_group("sim/scope of 3 nodes, 2 commands, 2 wakes");
    for searcher in Searcher::ALL {
        group.bench_function(BenchmarkId::from_parameter(searcher), |bencher| {
            bencher.iter(|| black_box(searcher.run(black_box(search))));
        });
    }
    group.finish();
}

criterion_group! {
    name = sim;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500));
    targets = race, search
}
criterion_main!(sim);
