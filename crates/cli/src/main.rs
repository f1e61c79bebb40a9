//! The sinew program: run a node, talk to any libp2p node.
fn main() {}
