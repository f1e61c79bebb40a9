//! The ports through which drivers see clocks, timers, tasks and sockets.
