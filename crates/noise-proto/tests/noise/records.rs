//! Records: in place, in order, and not to be tampered with.

use bytes::BytesMut;
use rand::{Rng as _, RngExt as _};
use sinew_noise_proto::{OpenError, Opener, SealError, Sealer};
use sinew_testkit::each_seed;

use crate::pair::connected;

#[test]
fn what_is_sealed_is_opened_whatever_its_length() {
    let [mut dialer, mut listener] = connected();
    for len in [0, 1, 15, 16, 17, 4096, 65_518, Sealer::MAX_PLAINTEXT_LEN] {
        let plaintext = vec![len as u8; len];

        for (from, to) in [
            (&mut dialer.sealer, &mut listener.opener),
            (&mut listener.sealer, &mut dialer.opener),
        ] {
            let record = sealed(from, &plaintext);
            assert_eq!(record.len(), len + Sealer::OVERHEAD);
            assert_eq!(open(to, &record), Ok(Some(plaintext.clone())));
        }
    }
}

#[test]
fn sealing_and_opening_copy_nothing() {
    let [mut dialer, mut listener] = connected();
    let mut out = Vec::with_capacity(1000 + Sealer::OVERHEAD);
    out.extend_from_slice(&Sealer::HEADER);
    out.resize(out.len() + 1000, 7);
    let before = out.as_ptr();

    dialer.sealer.seal(&mut out, 0).unwrap();

    assert_eq!(out.as_ptr(), before);
    let mut input = BytesMut::from(&out[..]);
    let behind_the_header = input[2..].as_ptr();
    let opened = listener.opener.open(&mut input).unwrap().unwrap();
    assert_eq!(opened.as_ptr(), behind_the_header);
}

#[test]
fn records_stand_one_behind_the_other_in_one_buffer() {
    let [mut dialer, mut listener] = connected();
    let mut out = b"something before".to_vec();
    let first_at = out.len();
    for text in [&b"one"[..], b"", b"three"] {
        let start = out.len();
        out.extend_from_slice(&Sealer::HEADER);
        out.extend_from_slice(text);
        dialer.sealer.seal(&mut out, start).unwrap();
    }
    assert!(out.starts_with(b"something before"));

    let mut input = BytesMut::from(&out[first_at..]);
    let mut opened = Vec::new();
    while let Some(text) = listener.opener.open(&mut input).unwrap() {
        opened.push(text);
    }

    assert_eq!(opened, [&b"one"[..], b"", b"three"]);
    assert!(input.is_empty());
}

#[test]
fn a_record_that_is_not_all_there_is_left_where_it_is() {
    let [mut dialer, mut listener] = connected();
    let record = sealed(&mut dialer.sealer, &vec![9; Sealer::MAX_PLAINTEXT_LEN]);
    let mut input = BytesMut::new();
    for piece in record[..record.len() - 1].chunks(1000) {
        input.extend_from_slice(piece);
        assert_eq!(listener.opener.open(&mut input), Ok(None));
    }
    assert_eq!(input, record[..record.len() - 1]);
    assert_eq!(input.len(), Opener::LOOKAHEAD);

    input.extend_from_slice(&record[record.len() - 1..]);

    let opened = listener.opener.open(&mut input).unwrap().unwrap();
    assert_eq!(opened.len(), Sealer::MAX_PLAINTEXT_LEN);
}

#[test]
fn what_does_not_fit_or_has_no_header_is_not_sealed_and_costs_no_nonce() {
    let [mut dialer, mut listener] = connected();
    let max = Sealer::MAX_PLAINTEXT_LEN;
    let too_long = [&Sealer::HEADER[..], &vec![1; max + 1]].concat();

    let mut out = too_long.clone();
    assert_eq!(
        dialer.sealer.seal(&mut out, 0),
        Err(SealError::TooLong { len: max + 1, max })
    );
    assert_eq!(out, too_long);
    for start in [2, 1, 3, usize::MAX] {
        let mut out = Sealer::HEADER.to_vec();
        let result = dialer.sealer.seal(&mut out, start);
        assert_eq!(result, Err(SealError::MissingHeader));
        assert_eq!(out, Sealer::HEADER);
    }

    let record = sealed(&mut dialer.sealer, b"first");
    assert_eq!(
        open(&mut listener.opener, &record),
        Ok(Some(b"first".to_vec()))
    );
}

#[test]
fn a_record_shorter_than_its_tag_is_refused_at_its_length() {
    for len in 0..16 {
        let [_, mut listener] = connected();

        let opened = open(&mut listener.opener, &[0, len]);

        let len = len.into();
        assert_eq!(opened, Err(OpenError::TooShort { len }));
    }
}

#[test]
fn no_changed_bit_goes_unnoticed() {
    let [mut dialer, _] = connected();
    let record = sealed(&mut dialer.sealer, b"twelve bytes");
    for bit in 0..record.len() * 8 {
        let [_, mut listener] = connected();
        let mut damaged = record.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);

        match open(&mut listener.opener, &damaged) {
            Ok(None) => assert!(bit < 16, "only a longer length makes it wait"),
            Ok(Some(_)) => panic!("bit {bit} went unnoticed"),
            Err(OpenError::Forged) => {}
            Err(error) => assert!(bit < 16, "bit {bit}: {error}"),
        }
    }
}

#[test]
fn a_record_that_is_repeated_reordered_missing_or_reflected_is_forged() {
    let [mut dialer, _] = connected();
    let [a, b] = [b"a", b"b"].map(|text| sealed(&mut dialer.sealer, text));
    let from_listener = {
        let [_, mut listener] = connected();
        sealed(&mut listener.sealer, b"a")
    };
    for (before, bad) in [
        (&[&a][..], &a),
        (&[], &b),
        (&[&a, &b], &a),
        (&[], &from_listener),
    ] {
        let [_, mut listener] = connected();
        for record in before {
            open(&mut listener.opener, record).unwrap();
        }

        assert_eq!(open(&mut listener.opener, bad), Err(OpenError::Forged));
    }
}

#[test]
fn a_forged_record_ends_it_although_good_ones_follow() {
    let [mut dialer, mut listener] = connected();
    let garbage = [&[0, 40][..], &[0x55; 40]].concat();
    assert_eq!(open(&mut listener.opener, &garbage), Err(OpenError::Forged));

    let good = sealed(&mut dialer.sealer, b"good");

    for input in [&good[..], &good, &[]] {
        assert_eq!(open(&mut listener.opener, input), Err(OpenError::Forged));
    }
}

#[test]
fn many_empty_records_are_over_when_the_input_is() {
    let [mut dialer, mut listener] = connected();
    let mut input = BytesMut::new();
    for _ in 0..1000 {
        input.extend_from_slice(&sealed(&mut dialer.sealer, b""));
    }
    assert_eq!(input.len(), 1000 * Sealer::OVERHEAD);

    let mut count = 0;
    while let Some(text) = listener.opener.open(&mut input).unwrap() {
        assert!(text.is_empty());
        count += 1;
    }

    assert_eq!((count, input.len()), (1000, 0));
}

#[test]
fn random_records_in_random_pieces_arrive_in_order() {
    each_seed(50, |seed| {
        let mut rng = seed.rng();
        let [mut dialer, mut listener] = connected();
        let (mut said, mut wire) = (Vec::new(), Vec::new());
        for _ in 0..rng.random_range(1..20) {
            let max = if rng.random_ratio(1, 8) { 65_519 } else { 300 };
            let mut text = vec![0; rng.random_range(0..=max)];
            rng.fill_bytes(&mut text);
            wire.extend(sealed(&mut dialer.sealer, &text));
            said.extend(text);
        }

        let (mut heard, mut input, mut rest) = (Vec::new(), BytesMut::new(), &wire[..]);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rng.random_range(1..=rest.len()));
            input.extend_from_slice(piece);
            while let Some(text) = listener.opener.open(&mut input).unwrap() {
                heard.extend_from_slice(&text);
            }
            assert!(input.len() <= Opener::LOOKAHEAD);
            rest = after;
        }

        assert_eq!(heard, said);
        assert!(input.is_empty());
    });
}

#[test]
fn random_bytes_are_never_opened() {
    each_seed(300, |seed| {
        let mut rng = seed.rng();
        let [_, mut listener] = connected();
        let mut noise = vec![0; rng.random_range(0..2000)];
        rng.fill_bytes(&mut noise);
        if noise.len() > 18 {
            let len = u16::try_from(rng.random_range(0..noise.len())).unwrap();
            noise[..2].copy_from_slice(&len.to_be_bytes());
        }

        let opened = open(&mut listener.opener, &noise);

        assert!(!matches!(opened, Ok(Some(_))));
    });
}

fn sealed(sealer: &mut Sealer, plaintext: &[u8]) -> Vec<u8> {
    let mut record = [&Sealer::HEADER[..], plaintext].concat();
    sealer.seal(&mut record, 0).unwrap();
    record
}

fn open(opener: &mut Opener, input: &[u8]) -> Result<Option<Vec<u8>>, OpenError> {
    let opened = opener.open(&mut BytesMut::from(input))?;
    Ok(opened.map(|text| text.to_vec()))
}
