"""The serving side."""

import sys

import trio
from multiaddr import Multiaddr

import echo
import host as hosts


async def run(options):
    """Serves on loopback, prints the addresses, and ends when stdin closes."""
    host = hosts.new(options)
    async with host.run(listen_addrs=[Multiaddr(any_port(options))]):
        host.set_stream_handler(echo.PROTOCOL, echo.copy_back)
        for address in host.get_addrs():
            print(f"listening {address}", flush=True)
        # What is said does not matter, only the end of it.
        await trio.to_thread.run_sync(sys.stdin.read)


def any_port(options):
    """Returns the loopback address on which the system chooses a port."""
    if options.transport == "tcp":
        return "/ip4/127.0.0.1/tcp/0"
    return "/ip4/127.0.0.1/udp/0/quic-v1"
