//! Several datagrams in one system call, as long as the operating system goes along.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use quinn_udp::Transmit;

/// How many datagrams one system call may carry, learnt from what the kernel refuses.
#[derive(Debug)]
pub(crate) struct Segmentation {
    max_segments: AtomicUsize,
}

/// The system call, and what it remembers of its failures.
pub(crate) trait Kernel {
    /// Sends one datagram or one batch.
    fn send(&mut self, transmit: &Transmit<'_>) -> io::Result<()>;

    /// Forgets the features given up after a failure that turned out to have another cause.
    fn forget_failures(&mut self);
}

impl Segmentation {
    pub(crate) fn new(max_segments: usize) -> Self {
        Self {
            max_segments: AtomicUsize::new(max_segments.max(1)),
        }
    }

    pub(crate) fn max_segments(&self) -> usize {
        self.max_segments.load(Ordering::Relaxed)
    }

    /// Sends `transmit` in as few calls as the kernel allows.
    ///
    /// When the socket fills after a part was sent, the rest is lost, as datagrams may be: sending it
    /// all again could go on forever.
    pub(crate) fn send(&self, transmit: &Transmit<'_>, kernel: &mut impl Kernel) -> io::Result<()> {
        let total = transmit.contents.len();
        let segment_len = match transmit.segment_size {
            Some(0) => return Err(invalid("datagrams of no length")),
            Some(segment_len) if segment_len < total => segment_len,
            _ => return send_part(kernel, transmit, transmit.contents, None),
        };

        let mut rest = transmit.contents;
        while !rest.is_empty() {
            let segments = self
                .max_segments()
                .min(MAX_BATCH_BYTES / segment_len)
                .max(1);
            let (part, tail) = split_at_most(rest, segments.saturating_mul(segment_len));
            let outcome = match send_part(kernel, transmit, part, Some(segment_len)) {
                Ok(()) => {
                    rest = tail;
                    continue;
                }
                // Linux answers alike to missing offload and to a batch that is wrong in another way
                // (a source address that is gone, a datagram beyond the MTU). A single one decides.
                Err(error) if part.len() > segment_len && may_mean_no_offload(&error) => {
                    let (first, tail) = split_at_most(rest, segment_len);
                    send_part(kernel, transmit, first, None).map(|()| {
                        tracing::debug!(%error, "segmentation offload is off");
                        self.max_segments.store(1, Ordering::Relaxed);
                        rest = tail;
                    })
                }
                Err(error) => Err(error),
            };
            match outcome {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock && rest.len() < total => {
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

fn send_part(
    kernel: &mut impl Kernel,
    whole: &Transmit<'_>,
    part: &[u8],
    segment_len: Option<usize>,
) -> io::Result<()> {
    let part = Transmit {
        destination: whole.destination,
        ecn: whole.ecn,
        contents: part,
        segment_size: segment_len.filter(|len| *len < part.len()),
        src_ip: whole.src_ip,
    };
    kernel.send(&part).inspect_err(|error| {
        if may_mean_no_offload(error) {
            kernel.forget_failures();
        }
    })
}

fn split_at_most(bytes: &[u8], len: usize) -> (&[u8], &[u8]) {
    bytes.split_at_checked(len).unwrap_or((bytes, &[]))
}

/// EINVAL or EIO on Unix, their like on Windows.
fn may_mean_no_offload(error: &io::Error) -> bool {
    const EIO: i32 = 5;
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    ) || cfg!(unix) && error.raw_os_error() == Some(EIO)
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}

/// What IPv4 carries in one UDP datagram; a batch is one until the kernel splits it.
const MAX_BATCH_BYTES: usize = 65_507;

#[cfg(test)]
mod tests;
