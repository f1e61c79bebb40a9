//! What the socket drivers share: the turn, the hand-over before parking, served handlers.
