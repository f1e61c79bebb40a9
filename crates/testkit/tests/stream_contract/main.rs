//! The suite passes a machine that keeps the contract, and catches each way to break it.

mod toy;

use std::panic;

use sinew_testkit::{Seed, StreamContract};
use toy::{Defect, Toy};

#[test]
fn a_machine_without_a_defect_passes() {
    StreamContract::new(|seed| pair(Defect::None, seed)).check();
}

#[test]
fn every_defect_is_caught_by_the_check_that_is_for_it() {
    let cases = [
        (Defect::ReportsEachPiece, "saw other events"),
        (Defect::SendsWhatItLikes, "sent other bytes"),
        (Defect::HidesAnEvent, "behind `None`"),
        (Defect::LiesAboutLength, "did not append what it said"),
        (
            Defect::OverwritesOutput,
            "changed bytes in front of its own",
        ),
        (Defect::ChangesWhatItLeaves, "not the end of the input"),
        (Defect::Hoards, "more than its lookahead"),
        (Defect::TrustsALength, "out of range"),
        (Defect::IgnoresTheEnd, "took an early end for a good one"),
        (Defect::EndsTwice, "ended twice"),
        (Defect::FailsTwice, "had ended the machine"),
        (Defect::ReadsAfterTheEnd, "input was used after the error"),
        (Defect::TalksAfterTheEnd, "came out after the error"),
        (Defect::KeepsItsTimer, "was set after the error"),
        (Defect::LeavesADeadline, "was left behind by handle_timeout"),
        (Defect::FiresEarly, "that was early had an effect"),
        (Defect::QueuesForEver, "were queued for"),
        (Defect::NeverFallsSilent, "did not fall silent"),
    ];
    for (defect, expected) in cases {
        let caught = panic::catch_unwind(|| {
            StreamContract::new(|seed| pair(defect, seed))
                .seeds(1)
                .check();
        });

        let panic = caught.expect_err("the suite was content");
        let message = match panic.downcast_ref::<String>() {
            Some(message) => message.as_str(),
            None => panic.downcast_ref::<&str>().copied().unwrap_or_default(),
        };
        assert!(
            message.contains(expected),
            "{defect:?} was caught by: {message}"
        );
    }
}

fn pair(defect: Defect, seed: Seed) -> (Toy, Toy) {
    (Toy::dialer(defect, seed), Toy::listener(defect, seed))
}
