"""The serving side."""

import sys

import trio
from multiaddr import Multiaddr

import host as hosts
from served import Served


async def run(options):
    """Serves on loopback, prints the addresses, and ends when stdin closes."""
    host = hosts.new(options)
    async with host.run(listen_addrs=[Multiaddr(listen_address(options))]):
        Served(host)
        for address in host.get_addrs():
            print(f"listening {address}", flush=True)
        # What is said does not matter, only the end of it.
        await trio.to_thread.run_sync(sys.stdin.read)


def listen_address(options):
    """Returns a loopback address, on which the system chooses the port unless the options do."""
    if options.transport == "tcp":
        return f"/ip4/127.0.0.1/tcp/{options.port}"
    return f"/ip4/127.0.0.1/udp/{options.port}/quic-v1"
