//! MD5 (RFC 1321), which is how sqllogictest files shorten long answers.

const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The digest as 32 hexadecimal digits.
pub fn digest(text: &str) -> String {
    let bits = (text.len() as u64) * 8;
    let mut bytes = text.as_bytes().to_vec();
    bytes.push(0x80);
    bytes.resize(bytes.len().next_multiple_of(64), 0);
    if bytes.len() - text.len() < 9 {
        bytes.resize(bytes.len() + 64, 0);
    }
    let end = bytes.len() - 8;
    bytes[end..].copy_from_slice(&bits.to_le_bytes());
    let table: Vec<u32> = (1..=64).map(constant).collect();
    let mut state = [0x6745_2301_u32, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    bytes.chunks_exact(64).for_each(|block| mix(&mut state, block, &table));
    state.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("{byte:02x}")).collect()
}

/// The integer part of 2^32 times the sine's size, as the RFC makes its table.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 2^32")]
fn constant(at: i32) -> u32 {
    (f64::from(at).sin().abs() * 4_294_967_296.0) as u32
}

fn mix(state: &mut [u32; 4], block: &[u8], table: &[u32]) {
    let word = |at: usize| {
        let bytes: [u8; 4] = block[at * 4..at * 4 + 4].try_into().expect("four bytes");
        u32::from_le_bytes(bytes)
    };
    let [mut a, mut b, mut c, mut d] = *state;
    for at in 0..64 {
        let (f, from) = match at / 16 {
            0 => ((b & c) | (!b & d), at),
            1 => ((d & b) | (!d & c), (5 * at + 1) % 16),
            2 => (b ^ c ^ d, (3 * at + 5) % 16),
            _ => (c ^ (b | !d), (7 * at) % 16),
        };
        let sum = a.wrapping_add(f).wrapping_add(table[at]).wrapping_add(word(from));
        (a, d, c) = (d, c, b);
        b = b.wrapping_add(sum.rotate_left(SHIFTS[at / 16][at % 4]));
    }
    for (sum, part) in state.iter_mut().zip([a, b, c, d]) {
        *sum = sum.wrapping_add(part);
    }
}

#[test]
fn digests_are_those_of_the_rfc() {
    assert_eq!(digest(""), "d41d8cd98f00b204e9800998ecf8427e");
    assert_eq!(digest("message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    assert_eq!(digest(&"1234567890".repeat(8)), "57edf4a22be3c955ac49da2e2107b67a");
}
