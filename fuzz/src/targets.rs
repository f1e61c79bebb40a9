//! All targets, by name.

/// What a target does with its input.
pub type Target = fn(&[u8]);

/// Names each target once, as its function is called.
macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        /// All targets, by name. A test compares them with the programs and the seeds that there are.
        pub const TARGETS: &[(&str, Target)] = &[$((stringify!($name), crate::$name)),*];
    };
}

targets![
    address,
    certificate,
    envelope,
    file_transfer,
    identify,
    keypair,
    multistream,
    noise,
    peer_id,
    peer_parameters,
    perf,
    ping,
    protocol,
    public_key,
    quic,
    tcp,
    yamux,
];
