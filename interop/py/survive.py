"""What becomes of a connection whose peer is killed, and how soon there is another one."""

import json
import sys
import time

import trio
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

import echo
import host as hosts
from dial import describe

PAUSE_S = 0.01
BLOCK_BYTES = 64 * 1024
# This much has come back when the transfer counts as being under way.
UNDER_WAY_BYTES = 1024 * 1024
# Longer than any idle timeout, so that a connection that stands in the way shows as time.
LIMIT_S = 60


async def run(address, options):
    """Prints `transferring` once a mebibyte has come back and more is on its way in both directions, what ended the
    transfer, and for each line of stdin how long a new connection took."""
    remote = info_from_p2p_addr(Multiaddr(address))
    host = hosts.new(options)
    async with host.run(listen_addrs=[]), trio.open_nursery() as nursery:
        stream = await connected(host, remote)
        nursery.start_soon(transfer, stream)
        while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
            started = time.monotonic()
            with trio.fail_after(LIMIT_S):
                attempts = await reconnect(host, remote)
            tell(event="reconnected", ms=int((time.monotonic() - started) * 1000), attempts=attempts)
        nursery.cancel_scope.cancel()


async def transfer(stream):
    """Sends and receives without a pause until either fails."""
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send, stream)
            await receive(stream)
    except Exception as error:
        tell(event="lost", why=describe(error))


async def send(stream):
    while True:
        await stream.write(bytes(BLOCK_BYTES))


async def receive(stream):
    missing = UNDER_WAY_BYTES
    while some := await echo.read(stream):
        if missing > 0:
            missing -= len(some)
            if missing <= 0:
                print("transferring", flush=True)
    raise EOFError("the stream ended")


async def reconnect(host, remote):
    """Connects and echoes, again and again until that works. Returns how often it was tried."""
    attempts = 1
    while True:
        try:
            await connected(host, remote)
            return attempts
        except Exception as error:
            print(f"attempt {attempts}: {describe(error)}", file=sys.stderr)
        attempts += 1
        await trio.sleep(PAUSE_S)


async def connected(host, remote):
    await host.connect(remote)
    stream = await host.new_stream(remote.peer_id, [echo.PROTOCOL])
    await exchange(stream)
    return stream


async def exchange(stream):
    sent = bytes(1000)
    await stream.write(sent)
    received = b""
    while len(received) < len(sent):
        some = await echo.read(stream)
        if not some:
            raise EOFError("the stream ended")
        received += some


def tell(**event):
    print(json.dumps(event), flush=True)
