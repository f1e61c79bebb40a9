//! The example in the project's README, compiled as a test.

#[doc = include_str!("../../../README.md")]
struct Readme;
