//! quorate-bench
