//! Sends files over streams: parallel, resumable, verified.
//!
//! One stream carries one file. The sender offers a name, a size and the SHA-256 of the content; the
//! receiver refuses, has it already, or says from which offset it wants the content; what arrives is
//! verified as a whole before it appears under its name. A transfer that was cut off is resumed by sending
//! the same content again, also after a restart of either side.
//!
//! # Where it sits
//!
//! Layer 4, over the streams of `sinew-transport`. It knows nothing of hosts: a host opens streams for
//! [`Sender`] and gives inbound ones to [`Receiver::handler`].
//!
//! # The mental model
//!
//! * [`Outgoing`] is a file that was read once, so that its hash is known; [`Sender::send`] moves it over a
//!   stream, as many at a time as there are streams.
//! * [`Receiver`] owns a folder: no other receiver may use it at the same time. Files in progress live in
//!   `.sinew-partial` inside it, named by their hash.
//! * A name from the network is a [`SafeName`] or nothing.
//!
//! ```no_run
//! # async fn example(inbound: sinew_transport::Stream, outbound: sinew_transport::Stream)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! use sinew_file_transfer::{Config, Receiver, send_file};
//! use sinew_runtime::Runtime;
//!
//! let runtime = Runtime::tokio();
//!
//! let receiver = Receiver::open(&runtime, "downloads", Config::default(), |event| {
//!     println!("{event:?}");
//! })
//! .await?;
//! receiver.serve(inbound).await?;
//!
//! let sent = send_file(&runtime, outbound, "report.pdf", |progress| {
//!     println!("{}/{}", progress.done, progress.total);
//! })
//! .await?;
//! println!("{} bytes, {} of them were there already", sent.size, sent.resumed_from);
//! # Ok(())
//! # }
//! ```
//!
//! # Limits and non-goals
//!
//! * Folders are not walked: the caller sends each file, with a name that may have folders in it
//!   ([`Outgoing::with_name`]). Permissions and times are not carried.
//! * Nothing that exists is overwritten, ever.
//! * The receive folder is trusted: another program that swaps folders for links while a file is put in
//!   its place is not defended against. A peer cannot make links.
//! * Disk work runs on tokio's blocking threads, so a tokio runtime is needed.
//!
//! # Specs
//!
//! `docs/file-transfer.md`, cited as `[file-transfer §…]`.
#![forbid(unsafe_code)]

mod disk;
mod event;
mod folder;
mod message;
mod name;
mod outgoing;
mod partial;
mod receive;
mod receiver;
mod refusal;
mod sender;

pub use event::{Event, TransferId};
pub use folder::FolderError;
pub use message::Violation;
pub use name::{NameRules, SafeName, UnsafeName};
pub use outgoing::Outgoing;
pub use receiver::{Config, ReceiveError, Received, Receiver};
pub use refusal::Refusal;
pub use sender::{Phase, Progress, SendConfig, SendError, Sender, Sent, send_file};

use sinew_transport::Protocol;

/// The name of the protocol.
pub const PROTOCOL: Protocol = Protocol::from_static("/sinew/file/1.0.0");
