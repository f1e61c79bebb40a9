//! UDP sockets of the operating system: batches, segmentation offload, ECN.
