//! What logs say.

use super::*;

#[test]
fn a_log_line_says_how_the_muxer_was_chosen_where_there_was_a_choice() {
    let quic = Security::new("tls", "quic");
    let tcp = Security::new("noise", "yamux").chosen(MuxerChoice::Negotiated);

    assert_eq!(quic.to_string(), "tls with quic");
    assert_eq!(tcp.to_string(), "noise with yamux, chosen by negotiation");
}
