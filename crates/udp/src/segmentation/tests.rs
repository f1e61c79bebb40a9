//! Batches against kernels that refuse them.

use super::*;

#[test]
fn sends_a_batch_in_one_call() {
    let (segmentation, mut kernel) = (Segmentation::new(64), FakeKernel::default());

    segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap();

    assert_eq!(kernel.sent, [(3_000, Some(1_200))]);
}

#[test]
fn splits_what_is_longer_than_the_kernel_takes() {
    let (segmentation, mut kernel) = (Segmentation::new(64), FakeKernel::default());

    segmentation
        .send(&transmit(&[7; 70_000], 1_200), &mut kernel)
        .unwrap();

    assert_eq!(
        kernel.sent,
        [(64_800, Some(1_200)), (5_200, Some(1_200))],
        "54 datagrams fit into 65,507 bytes"
    );
}

#[test]
fn sends_one_by_one_without_offload() {
    let (segmentation, mut kernel) = (Segmentation::new(1), FakeKernel::default());

    segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap();

    assert_eq!(kernel.sent, [(1_200, None), (1_200, None), (600, None)]);
}

#[test]
fn loses_nothing_when_the_kernel_refuses_offload() {
    let segmentation = Segmentation::new(64);
    let mut kernel = FakeKernel {
        refuses_batches: true,
        ..FakeKernel::default()
    };

    segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap();

    assert_eq!(kernel.sent, [(1_200, None), (1_200, None), (600, None)]);
    assert_eq!(segmentation.max_segments(), 1);
}

#[test]
fn keeps_offload_when_single_datagrams_fail_too() {
    let segmentation = Segmentation::new(64);
    let mut kernel = FakeKernel {
        refuses_all: true,
        ..FakeKernel::default()
    };

    let error = segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(segmentation.max_segments(), 64);
    assert!(kernel.forgot, "the kernel's side must not give up either");
}

#[test]
fn reports_a_full_socket_when_nothing_was_sent() {
    let segmentation = Segmentation::new(1);
    let mut kernel = FakeKernel {
        room: Some(0),
        ..FakeKernel::default()
    };

    let error = segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn does_not_repeat_a_batch_that_was_partly_sent() {
    let segmentation = Segmentation::new(1);
    let mut kernel = FakeKernel {
        room: Some(2),
        ..FakeKernel::default()
    };

    segmentation
        .send(&transmit(&[7; 3_000], 1_200), &mut kernel)
        .unwrap();

    assert_eq!(kernel.sent, [(1_200, None), (1_200, None)]);
}

#[test]
fn refuses_datagrams_of_no_length() {
    let error = Segmentation::new(64)
        .send(&transmit(&[7; 10], 0), &mut FakeKernel::default())
        .unwrap_err();

    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[derive(Default)]
struct FakeKernel {
    sent: Vec<(usize, Option<usize>)>,
    refuses_batches: bool,
    refuses_all: bool,
    room: Option<usize>,
    forgot: bool,
}

impl Kernel for FakeKernel {
    fn send(&mut self, transmit: &Transmit<'_>) -> io::Result<()> {
        if self.refuses_all || self.refuses_batches && transmit.segment_size.is_some() {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        if self.room == Some(self.sent.len()) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        self.sent
            .push((transmit.contents.len(), transmit.segment_size));
        Ok(())
    }

    fn forget_failures(&mut self) {
        self.forgot = true;
    }
}

fn transmit(contents: &[u8], segment_len: usize) -> Transmit<'_> {
    Transmit {
        destination: ([127, 0, 0, 1], 9).into(),
        ecn: None,
        contents,
        segment_size: Some(segment_len),
        src_ip: None,
    }
}
