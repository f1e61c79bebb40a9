//! What is read from callgrind's file.

use super::*;

#[test]
fn counts_what_functions_take_themselves_and_not_what_they_call() {
    let file = "\
events: Ir
fn=(1) sinew_micro::region::measured
0 10
cfn=(2) ring_core_0_17__aes_hw_encrypt
calls=3 0
0 500
0 5

fn=(2)
0 500
";

    assert_eq!(
        parse(file),
        Cost {
            instructions: 515,
            crypto: 500
        }
    );
}
