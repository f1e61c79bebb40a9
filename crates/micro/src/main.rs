//! One piece of work, and what it took: `cargo xtask micro` runs this program, once for each case.
//!
//! Layer 9, for CI alone. `sinew-micro list` names the cases; `sinew-micro NAME` does the work of one twice, and
//! prints how many allocations the second time made and how many bytes they asked for. Under valgrind's callgrind
//! only the second time counts, in [`region::measured`]: what is made once is there by then.
//!
//! All chance follows from constants, so that the same program gives the same figures.

mod allocator;
mod cases;
mod region;

use std::process::ExitCode;

use allocator::Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if wanted == "list" {
        for case in &cases::ALL {
            println!("{}\t{}", case.name, case.what);
        }
        return ExitCode::SUCCESS;
    }
    let Some(case) = cases::ALL.iter().find(|case| case.name == wanted) else {
        eprintln!("no case is named `{wanted}`: `list` names them");
        return ExitCode::FAILURE;
    };
    let mut work = (case.prepare)();
    work();
    let before = allocator::taken();
    region::measured(&mut work);
    let after = allocator::taken();
    println!("{} {}", after.0 - before.0, after.1 - before.1);
    ExitCode::SUCCESS
}
