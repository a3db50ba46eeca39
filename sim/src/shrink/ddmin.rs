//! Delta debugging: A. Zeller, R. Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002, section 3.

/// Keeps as little of `0..len` as `fails` allows: in the end no single item can be left out, as far as was tried.
///
/// `fails` is told what would be kept, rising, and what it accepts is kept.
pub(super) fn ddmin(len: usize, mut fails: impl FnMut(&[usize]) -> bool) {
    if len == 0 || fails(&[]) {
        return;
    }
    let mut kept: Vec<usize> = (0..len).collect();
    let mut parts = 2;
    while kept.len() >= 2 {
        let size = kept.len().div_ceil(parts);
        let chunks: Vec<Vec<usize>> = kept.chunks(size).map(<[usize]>::to_vec).collect();
        if let Some(chunk) = chunks.iter().find(|chunk| fails(chunk)) {
            kept.clone_from(chunk);
            parts = 2;
            continue;
        }
        // Of two halves, each is the other's complement.
        let complements = chunks.iter().filter(|_| chunks.len() > 2).map(|chunk| without(&kept, chunk));
        if let Some(complement) = complements.into_iter().find(|complement| fails(complement)) {
            kept = complement;
            parts = (parts - 1).max(2);
        } else if size > 1 {
            parts = (parts * 2).min(kept.len());
        } else {
            return;
        }
    }
}

fn without(all: &[usize], chunk: &[usize]) -> Vec<usize> {
    all.iter().filter(|item| !chunk.contains(item)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::ddmin;

    #[test]
    fn what_is_needed_stays_and_nothing_else() {
        for needed in [vec![], vec![0], vec![6], vec![1, 2], vec![0, 3, 6], (0..7).collect()] {
            let (mut kept, mut runs) = ((0..7).collect::<Vec<_>>(), 0);
            ddmin(7, |candidate| {
                runs += 1;
                let fails = needed.iter().all(|item| candidate.contains(item));
                if fails {
                    kept = candidate.to_vec();
                }
                fails
            });
            assert_eq!(kept, needed);
            assert!(runs <= 7 * 7 + 3 * 7, "the paper's bound: {runs}");
        }
    }
}
