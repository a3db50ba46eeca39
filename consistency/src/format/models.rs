//! The names and values by which the operations of each specification are written down.

mod bag;
mod counter;
mod keyed;
mod kv;
mod list;
mod log;
mod multi_register;
mod mutex;
mod need;
mod queue;
mod register;
mod set;
mod stack;
