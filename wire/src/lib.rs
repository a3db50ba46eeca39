#![no_std]
#![forbid(unsafe_code)]
#![doc = include_str!("../README.md")]

extern crate alloc;

mod checksum;
mod codec;
mod encode;
pub mod frame;
mod header;
pub mod journal;

pub use self::{
    codec::{Codec, Postcard, PostcardError},
    encode::EncodeError,
};
