//! The engines side by side in one run: time per committed proposal, the work of all three nodes included.

use core::{hint::black_box, time::Duration};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use quorate_bench::raft::{Engine, Workload};

const BATCHES: [usize; 2] = [1, 64];
const PAYLOAD_BYTES: [usize; 3] = [16, 256, 4_096];
/// Enough for one compaction in each iteration.
const PROPOSALS: u64 = 8_192;

fn replicate(criterion: &mut Criterion) {
    for batch in BATCHES {
        for payload_bytes in PAYLOAD_BYTES {
            let mut group = criterion.benchmark_group(format!("raft/batch {batch}/{payload_bytes} B"));
            group.throughput(Throughput::Elements(PROPOSALS));
            for engine in Engine::ALL {
                let mut cluster = engine.cluster(batch, payload_bytes);
                let workload = Workload { batch, proposals: PROPOSALS };
                group.bench_function(BenchmarkId::from_parameter(engine), |bencher| {
                    bencher.iter(|| black_box(workload.run(&mut *cluster)));
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = raft;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_millis(1_500));
    targets = replicate
}
criterion_main!(raft);
