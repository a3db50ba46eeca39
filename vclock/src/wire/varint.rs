use alloc::vec::Vec;

/// Appends a number in its shortest form: seven bits to a byte, the lowest first.
pub fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(low_bits(value) | 0x80);
        value >>= 7;
    }
    out.push(low_bits(value));
}

/// How many bytes [`put_varint`] appends: 1 to 10.
pub const fn varint_len(value: u64) -> usize {
    let bits = u64::BITS - (value | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

const fn low_bits(value: u64) -> u8 {
    (value & 0x7f) as u8
}
