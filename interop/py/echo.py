"""`/echo/1.0.0`: what arrives goes back, until the end."""

import random
import sys
import time

import trio
from libp2p.network.stream.exceptions import StreamEOF

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
    except StreamEOF:
        return b""
