//! Stands in for litep2p where the benchmark was built without it.

use std::convert::Infallible;
use std::marker::PhantomData;

use anyhow::{Result, bail};

use crate::{Settings, system};

/// Never made.
pub(crate) struct Litep2p<T>(Infallible, PhantomData<T>);

pub(crate) struct Quic;

pub(crate) struct TcpNoise;

#[derive(Clone)]
pub(crate) struct Nothing(Infallible);

impl<T: Send + Sync + 'static> system::System for Litep2p<T> {
    type Connection = Nothing;

    async fn serve(_: Settings) -> Result<String> {
        bail!("built without litep2p")
    }

    async fn client(_: &str, _: Settings) -> Result<Self> {
        bail!("built without litep2p")
    }

    async fn connect(&self) -> Result<Nothing> {
        match self.0 {}
    }
}

impl system::Connection for Nothing {
    type Stream = Self;

    async fn open(&self) -> Result<Self> {
        match self.0 {}
    }

    async fn close(self) {
        match self.0 {}
    }
}

impl system::Stream for Nothing {
    async fn read(&mut self, _: &mut [u8]) -> Result<usize> {
        match self.0 {}
    }

    async fn write_all(&mut self, _: &[u8]) -> Result<()> {
        match self.0 {}
    }

    async fn finish(&mut self) -> Result<()> {
        match self.0 {}
    }
}

/// Whether it can be measured.
pub(crate) const IS_THERE: bool = false;
