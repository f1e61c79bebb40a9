//! What commits can accept, and what is no acceptance.

use super::*;

#[test]
fn reads_what_is_accepted_out_of_messages_of_commits() {
    let messages = "\
Check the certificate twice

Because one check is not enough.

Micro-accepts: quic-handshake instructions 1.08 the second check
  Micro-accepts: tcp-handshake allocations 1.5 a copy of the chain

Another commit
";

    let accepted = read(messages).unwrap();

    assert_eq!(
        accepted,
        [
            accepted_one(
                "quic-handshake",
                What::Instructions,
                1.08,
                "the second check"
            ),
            accepted_one(
                "tcp-handshake",
                What::Allocations,
                1.5,
                "a copy of the chain"
            ),
        ]
    );
}

#[test]
fn messages_that_accept_nothing_are_no_finding() {
    assert_eq!(read("Speak of Micro-accepts: in a sentence\n").unwrap(), []);
    assert_eq!(read("").unwrap(), []);
}

#[test]
fn an_acceptance_names_case_kind_ratio_and_reason() {
    for wrong in [
        "Micro-accepts:",
        "Micro-accepts: quic-handshake",
        "Micro-accepts: quic-handshake 1.08 because",
        "Micro-accepts: quic-handshake instructions because",
        "Micro-accepts: quic-handshake instructions 1.08",
        "Micro-accepts: quic-handshake instructions 0.9 because",
        "Micro-accepts: quic-handshake instructions inf because",
        "Micro-accepts: quic-handshake instructions NaN because",
        "Micro-accepts: quic-handshake bytes 1.08 because",
    ] {
        assert_eq!(read(wrong).unwrap_err().len(), 1, "{wrong}");
    }
}

#[test]
fn of_several_the_largest_counts_for_its_own_case_and_kind_alone() {
    let messages = "\
Micro-accepts: a instructions 1.1 one
Micro-accepts: a instructions 1.3 two
Micro-accepts: a allocations 2 three
Micro-accepts: b instructions 4 four
";
    let accepted = read(messages).unwrap();

    let ratio = |case, what| for_case(&accepted, case, what).map(|one| one.ratio);

    assert_eq!(ratio("a", What::Instructions), Some(1.3));
    assert_eq!(ratio("a", What::Allocations), Some(2.0));
    assert_eq!(ratio("b", What::Allocations), None);
    assert_eq!(ratio("c", What::Instructions), None);
}

fn accepted_one(case: &str, what: What, ratio: f64, reason: &str) -> Accepted {
    Accepted {
        case: case.to_owned(),
        what,
        ratio,
        reason: reason.to_owned(),
    }
}
