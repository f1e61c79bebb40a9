//! Sends files over streams: parallel, resumable, verified.
