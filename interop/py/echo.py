"""`/echo/1.0.0`: what arrives goes back, until the end."""

import random
import sys
import time

import trio
from libp2p.network.stream.exceptions import StreamEOF, StreamReset
from libp2p.stream_muxer.exceptions import MuxedStreamEOF
from libp2p.transport.quic.exceptions import QUICStreamClosedError
from libp2p.transport.quic.stream import QUICStream

PROTOCOL = "/echo/1.0.0"
CHUNK = 16 * 1024


async def copy_back(stream):
    """Sends what arrives, and closes its side at the end of that."""
    try:
        while chunk := await read(stream):
            await stream.write(chunk)
        await stream.close()
    except Exception as error:
        print(f"echo: {error!r}", file=sys.stderr)
        await stream.reset()


async def request(host, peer, length):
    """Sends `length` bytes, half-closes, and compares what comes back. Returns how many milliseconds that took."""
    sent = random.Random(1).randbytes(length)
    received = bytearray()
    stream = await host.new_stream(peer, [PROTOCOL])
    started = time.monotonic()

    async def write():
        for at in range(0, length, CHUNK):
            await stream.write(sent[at : at + CHUNK])
        await stream.close_write()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(write)
        while len(received) < length and (chunk := await read(stream)):
            received += chunk
    if received != sent:
        raise ValueError(f"{len(received)} bytes came back for {length}, or others")
    return (time.monotonic() - started) * 1000


async def read(stream):
    """Returns the next bytes, or none at the end."""
    try:
        return await stream.read(CHUNK)
    except (StreamEOF, StreamReset) as error:
        if was_reset(stream.muxed_stream):
            raise WasReset from error
        return await left_in(stream.muxed_stream)


async def read_all(stream):
    """Reads to the end."""
    received = bytearray()
    while chunk := await read(stream):
        received += chunk
    return bytes(received)


class WasReset(Exception):
    """The other side reset the stream."""


def was_reset(muxed):
    """Asks the layer below, because what the stream says is neither. Over QUIC it calls an end a reset once its own
    side has ended; over Yamux it calls a reset an end when it has forgotten the stream before somebody looked."""
    return muxed.is_reset() if isinstance(muxed, QUICStream) else muxed.reset_received


async def left_in(muxed):
    """Returns what was received before the end, if something is left. Over QUIC, whoever begins to read just before
    the last bytes and the end arrive is told of the end alone."""
    try:
        return await muxed.read(CHUNK) if isinstance(muxed, QUICStream) else b""
    except (QUICStreamClosedError, MuxedStreamEOF):
        return b""
