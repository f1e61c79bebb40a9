//! What a pipe does to the bytes on it.

use super::*;

#[test]
fn carries_everything_in_order_however_it_is_cut() {
    let sent = (0..=255).collect::<Vec<u8>>();
    for chunks in [
        Chunks::Whole,
        Chunks::UpTo(1),
        Chunks::UpTo(7),
        Chunks::CutAt(100),
        Chunks::Random(Seed::new(7)),
    ] {
        let mut pipe = Pipe::new().with_chunks(chunks);

        let received = carry(&mut pipe, &sent, 50);

        assert_eq!(received.concat(), sent, "{chunks:?}");
    }
}

#[test]
fn never_delivers_across_the_cut() {
    for at in 0..10 {
        let mut pipe = Pipe::new().with_chunks(Chunks::CutAt(at));

        let received = carry(&mut pipe, b"0123456789", 10);

        let mut ends = received.iter().scan(0, |end, piece| {
            *end += piece.len();
            Some(*end)
        });
        assert!(at == 0 || ends.any(|end| end == at));
        assert!(received.len() <= 2);
    }
}

#[test]
fn damages_one_byte_wherever_the_sends_end() {
    let cases: [(Fault, &[u8]); 6] = [
        (Fault::None, b"0123456789"),
        (Fault::EndAt(4), b"0123"),
        (Fault::Flip { at: 4, mask: 0x40 }, b"0123t56789"),
        (Fault::Insert { at: 4, byte: b'x' }, b"0123x456789"),
        (Fault::Remove(4), b"012356789"),
        (Fault::Remove(10), b"0123456789"),
    ];
    for (fault, expected) in cases {
        for send_len in 1..=10 {
            let mut pipe = Pipe::new().with_fault(fault);

            let received = carry(&mut pipe, b"0123456789", send_len);

            assert_eq!(received.concat(), expected, "{fault:?}, {send_len}");
        }
    }
}

fn carry(pipe: &mut Pipe, bytes: &[u8], send_len: usize) -> Vec<Vec<u8>> {
    let mut received = Vec::new();
    for sent in bytes.chunks(send_len) {
        pipe.push(sent);
        received.extend(std::iter::from_fn(|| pipe.pop()));
    }
    received
}
