"""The dialing side: one connection, everything tried on it, one report."""

import trio
from libp2p.exceptions import MultiError
from libp2p.host.ping import PingService
from libp2p.identity.identify.identify import ID as IDENTIFY, parse_identify_response
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.utils.varint import read_length_prefixed_protobuf
from multiaddr import Multiaddr

import echo
import host as hosts

PINGS = 5
ECHO_BYTES = 1024 * 1024
# For everything together. Far more than it takes, and less than the harness waits.
TIME_LIMIT_S = 30


async def run(address, options):
    """Tries everything on the peer at `address`. Returns how far it came, and the error that ended it, if one did."""
    report = {
        "ok": False,
        "implementation": hosts.IMPLEMENTATION,
        "version": hosts.VERSION,
        "peer": None,
        "identify": None,
        "ping_ms": [],
        "echo": None,
        "error": None,
    }
    try:
        with trio.fail_after(TIME_LIMIT_S):
            await attempt(Multiaddr(address), options, report)
        report["ok"] = True
    except Exception as error:
        report["error"] = describe(error)
    return report


async def attempt(address, options, report):
    remote = info_from_p2p_addr(address)
    report["peer"] = str(remote.peer_id)
    host = hosts.new(options)
    async with host.run(listen_addrs=[]):
        await host.connect(remote)
        report["identify"] = await identify(host, remote.peer_id)
        async for milliseconds in PingService(host).ping_iter(remote.peer_id, PINGS):
            report["ping_ms"].append(milliseconds)
        elapsed = await echo.request(host, remote.peer_id, ECHO_BYTES)
        report["echo"] = {"bytes": ECHO_BYTES, "ms": elapsed}


async def identify(host, peer):
    stream = await host.new_stream(peer, [IDENTIFY])
    # Not to the end: over QUIC, whoever stops reading after the answer makes that end a reset here.
    answer = await read_length_prefixed_protobuf(stream)
    await stream.close()
    info = parse_identify_response(answer)
    return {
        "agent": info.agent_version,
        "protocol_version": info.protocol_version,
        "protocols": sorted(info.protocols),
        "listen_addresses": [str(Multiaddr(address)) for address in info.listen_addrs],
        "observed_address": str(Multiaddr(info.observed_addr)) if info.observed_addr else "",
    }


def describe(error):
    """Says what an error came from too, and what it gathers: the outermost says little."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(describe(each) for each in error.exceptions)
    if isinstance(error, MultiError):
        return "; ".join(describe(each) for each in error.errors)
    text = f"{type(error).__name__}: {error}"
    return text if error.__cause__ is None else f"{text}: {describe(error.__cause__)}"
