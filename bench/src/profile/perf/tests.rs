//! What `perf script` prints.

use super::*;

#[test]
fn reads_samples_that_empty_lines_part() {
    let script = "\
    ffffffff81 __x64_sys_futex ([kernel.kallsyms])
        7f01 <a::B as c::D>::e (/bin/x)

        7f02 memmove (/lib/libc.so.6)
";

    let samples = parse(script);

    let frame = |symbol: &str, object: &str| Frame {
        symbol: symbol.to_owned(),
        object: object.to_owned(),
    };
    let first = vec![
        frame("__x64_sys_futex", "[kernel.kallsyms]"),
        frame("<a::B as c::D>::e", "/bin/x"),
    ];
    assert_eq!(samples, [first, vec![frame("memmove", "/lib/libc.so.6")]]);
}
