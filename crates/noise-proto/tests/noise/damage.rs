//! Somebody on the way who changes, repeats and makes up messages.

use rand::{Rng as _, RngExt as _};
use sinew_noise_proto::{Error, Handshake, Message, Violation};
use sinew_sans_io::Machine as _;
use sinew_testkit::{Seed, each_seed};

use crate::pair::{MESSAGES, awaiting, hear, host, messages, output, violation};

#[test]
fn no_changed_bit_goes_unnoticed() {
    let all = messages();
    for (message, bytes) in MESSAGES.into_iter().zip(&all) {
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);

            let result = deceived(message, &damaged, &all);

            let is_in_length = bit < 16;
            match result {
                // A length that is too large makes the receiver wait.
                None => assert!(is_in_length, "bit {bit} of {message} was not noticed"),
                Some(Error::Violation { violation, .. }) if !is_in_length => {
                    assert_eq!(violation, Violation::Decrypt, "bit {bit} of {message}");
                }
                Some(Error::Violation { .. }) => {}
                Some(other) => panic!("bit {bit} of {message}: {other}"),
            }
        }
    }
}

#[test]
fn messages_of_another_handshake_do_not_decrypt() {
    let [_, second, third] = messages();
    let mut other_dialer = Handshake::dial(host(1), None, &mut Seed::new(1).rng());
    let mut other_listener = Handshake::listen(host(2), &mut Seed::new(2).rng());
    hear(&mut other_listener, &output(&mut other_dialer)).unwrap();

    let replayed = [
        (Message::Second, hear(&mut other_dialer, &second)),
        (Message::Third, hear(&mut other_listener, &third)),
    ];

    for (message, heard) in replayed {
        assert_eq!(heard, violation(message, Violation::Decrypt));
    }
}

#[test]
fn a_side_that_hears_itself_does_not_take_itself_for_a_peer() {
    let [first, second, third] = messages();
    for (message, echo) in [
        (Message::Second, &first),
        (Message::Second, &third),
        (Message::Third, &first),
        (Message::Third, &second),
        (Message::First, &second),
        (Message::First, &third),
    ] {
        let mut machine = awaiting(message);

        let heard = hear(&mut machine, echo);

        assert!(matches!(heard, Err(Error::Violation { message: at, .. }) if at == message));
        assert_eq!(machine.poll_event(), None);
    }
}

#[test]
fn random_bytes_authenticate_nobody() {
    each_seed(300, |seed| {
        let mut rng = seed.rng();
        for message in MESSAGES {
            let mut machine = awaiting(message);
            let mut noise = vec![0; rng.random_range(0..600)];
            rng.fill_bytes(&mut noise);
            // Half of the time as a message of a length that is looked at.
            if rng.random() && noise.len() > 34 {
                let len = match message {
                    Message::First => 32,
                    Message::Second | Message::Third => noise.len() - 2,
                };
                noise[..2].copy_from_slice(&u16::try_from(len).unwrap().to_be_bytes());
            }

            let heard = hear(&mut machine, &noise);

            assert_eq!(machine.poll_event(), None);
            if let Err(error) = heard {
                assert!(matches!(error, Error::Violation { .. }), "{error}");
            }
            assert!(machine.into_transport().is_none());
        }
    });
}

/// Lets `damaged` take the place of `message`, and returns the error of the side that has to notice, or
/// `None` when it waits.
///
/// # Panics
///
/// Panics when it does not notice.
fn deceived(message: Message, damaged: &[u8], good: &[Vec<u8>; 3]) -> Option<Error> {
    let mut receiver = awaiting(message);
    let heard = hear(&mut receiver, damaged);
    if let Err(error) = heard {
        return Some(error);
    }
    let said = output(&mut receiver);
    if message == Message::First && !said.is_empty() {
        // Only the dialer can see that its key did not arrive as it was.
        assert_ne!(said, good[1]);
        let mut dialer = awaiting(Message::Second);
        let error = hear(&mut dialer, &said).unwrap_err();
        assert_eq!(dialer.poll_event(), None);
        return Some(error);
    }
    assert_eq!(receiver.poll_event(), None);
    None
}
