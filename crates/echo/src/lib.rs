//! Echo: what arrives goes back.
