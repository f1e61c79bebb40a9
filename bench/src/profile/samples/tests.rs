//! Which group a sample is in.

use super::*;

#[test]
fn groups_rust_code_by_its_crate() {
    assert_eq!(
        of(&[("quinn_proto::connection::Connection::poll", "/bin/x")]),
        "quinn-proto"
    );
    assert_eq!(of(&[("<&mut a_b::C as d::E>::f", "/bin/x")]), "a-b");
    assert_eq!(
        of(&[("core::ptr::drop_in_place<a::B>", "/bin/x")]),
        "Rust's library"
    );
}

#[test]
fn groups_the_kernel_by_what_it_was_asked_for() {
    let sending = [
        ("copy_from_iter", "[kernel.kallsyms]"),
        ("__x64_sys_sendmsg", "[kernel.kallsyms]"),
        ("quinn_udp::send", "/bin/x"),
    ];

    assert_eq!(of(&sending), "kernel: sending, and what arrives by it");
    assert_eq!(
        of(&[("__x64_sys_futex", "[kernel.kallsyms]")]),
        "kernel: wake-ups and waiting"
    );
}

#[test]
fn tells_crypto_and_memory_apart() {
    assert_eq!(
        of(&[("ring_core_0_17_14__aes_gcm_dec_update_vaes_avx2", "/bin/x")]),
        "crypto"
    );
    assert_eq!(
        of(&[("__memmove_avx512_unaligned_erms", "/lib/libc.so.6")]),
        "memory copies and fills"
    );
    assert_eq!(of(&[("_int_malloc", "/lib/libc.so.6")]), "allocator");
}

fn of(frames: &[(&str, &str)]) -> String {
    let frames = frames.iter().map(|(symbol, object)| Frame {
        symbol: (*symbol).to_owned(),
        object: (*object).to_owned(),
    });
    group(&frames.collect())
}
