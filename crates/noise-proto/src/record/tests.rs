//! The counters at their end, where no test from outside gets.

use bytes::BytesMut;
use sinew_sans_io::Role;
use zeroize::Zeroizing;

use super::{Opener, Sealer, Transport};
use crate::{OpenError, SealError, pattern::Keys};

// [noise §Encryption and I/O] 2^64 - 1 records, and then the connection ends.
#[test]
fn the_last_nonce_is_never_used() {
    let (mut sealer, mut opener) = pair();
    sealer.sealed = u64::MAX - 1;
    opener.opened = u64::MAX - 1;
    let mut last = Sealer::HEADER.to_vec();
    sealer.seal(&mut last, 0).unwrap();
    assert!(opener.open(&mut BytesMut::from(&last[..])).is_ok());

    let mut one_more = Sealer::HEADER.to_vec();

    assert_eq!(sealer.seal(&mut one_more, 0), Err(SealError::Exhausted));
    assert_eq!(one_more, Sealer::HEADER);
    for _ in 0..2 {
        let opened = opener.open(&mut BytesMut::from(&last[..]));
        assert_eq!(opened, Err(OpenError::Exhausted));
    }
}

#[test]
fn counters_take_part_with_all_their_bytes() {
    for counter in [0, 1, 0xff, 0x100, 1 << 32, (1 << 63) | 5] {
        let (mut sealer, mut opener) = pair();
        sealer.sealed = counter;
        let mut record = Sealer::HEADER.to_vec();
        sealer.seal(&mut record, 0).unwrap();

        opener.opened = counter ^ (1 << 40);
        let other = opener.open(&mut BytesMut::from(&record[..]));
        opener.failed = None;
        opener.opened = counter;
        let same = opener.open(&mut BytesMut::from(&record[..]));

        assert_eq!(other, Err(OpenError::Forged));
        assert!(same.is_ok());
    }
}

fn pair() -> (Sealer, Opener) {
    let keys = Keys {
        to_listener: Zeroizing::new([1; 32]),
        to_dialer: Zeroizing::new([2; 32]),
    };
    let dialer = Transport::new(Role::Dialer, &keys);
    let listener = Transport::new(Role::Listener, &keys);
    (dialer.sealer, listener.opener)
}
