"""Streams that end in unusual ways, each tried on a peer that serves what `served` lists."""

import trio
from libp2p.host.exceptions import StreamFailure
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

import echo
import host as hosts
from dial import describe
from served import HOLD, LATE, RESET, SEEN, WATCH

STREAMS = 200
PAYLOAD_BYTES = 1024
# Far more than any case takes.
CASE_LIMIT_S = 10
SEEN_TRIES = 100
SEEN_INTERVAL_S = 0.02


async def run(address, options):
    """Tries every case over one connection. Returns for each None, or what went wrong."""
    remote = info_from_p2p_addr(Multiaddr(address))
    host = hosts.new(options)
    async with host.run(listen_addrs=[]):
        await host.connect(remote)
        cases = Cases(host, remote.peer_id)
        outcomes = {name: await outcome(case) for name, case in cases.all().items()}
    return {"ok": not any(outcomes.values()), "cases": outcomes}


async def outcome(case):
    try:
        with trio.fail_after(CASE_LIMIT_S):
            await case()
    except trio.TooSlowError:
        return f"nothing happened for {CASE_LIMIT_S} s"
    except Exception as error:
        return describe(error)
    return None


class Cases:
    def __init__(self, host, peer):
        self.host = host
        self.peer = peer

    def all(self):
        return {
            "unserved protocol": self.unserved,
            "dialer ends first": self.dialer_ends_first,
            "listener ends first": self.listener_ends_first,
            "dialer resets": self.dialer_resets,
            "listener resets": self.listener_resets,
            "200 streams": self.many_streams,
        }

    async def unserved(self):
        """A protocol that the listener does not serve: we are told so, and the connection lives on."""
        try:
            await self.open("/interop/nobody-serves-this/1.0.0")
            raise ValueError("it was opened")
        except StreamFailure as error:
            expect("protocols not supported" in describe(error), f"not refused but: {describe(error)}")
        stream = await self.open(echo.PROTOCOL)
        await stream.write(b"still here")
        await stream.close_write()
        await expect_text(stream, "still here")

    async def many_streams(self):
        """All of them are open before the first of them ends."""
        streams = [await self.open(echo.PROTOCOL) for _ in range(STREAMS)]
        for number, stream in enumerate(streams):
            await stream.write(payload(number))
        for number, stream in enumerate(streams):
            await stream.close_write()
            expect(await echo.read_all(stream) == payload(number), f"stream {number} came back changed")

    async def dialer_ends_first(self):
        """We end our side; the listener, who waited for that, still answers."""
        stream = await self.open(LATE)
        await stream.write(bytes(100_000))
        await stream.close_write()
        await expect_text(stream, "100000")

    async def listener_ends_first(self):
        """The listener ends its side at once; what we send after that still arrives."""
        stream = await self.open(WATCH)
        await expect_text(stream, "hello")
        await stream.write(bytes(100_000))
        await stream.close_write()
        await self.expect_seen("end 100000")

    async def dialer_resets(self):
        """We reset in the middle; the listener must not take that for an end."""
        stream = await self.open(HOLD)
        hello = b""
        while len(hello) < 5 and (some := await echo.read(stream)):
            hello += some
        expect(hello == b"hello", f"{hello} came, not 'hello'")
        await stream.write(bytes(1000))
        await stream.reset()
        await self.expect_seen("reset")

    async def listener_resets(self):
        """The listener resets; we must not take that for an end."""
        stream = await self.open(RESET)
        await stream.write(b"x")
        try:
            received = await echo.read_all(stream)
        except echo.WasReset:
            return
        raise ValueError(f"not reset but ended after {len(received)} bytes")

    async def open(self, protocol):
        return await self.host.new_stream(self.peer, [protocol])

    async def expect_seen(self, wanted):
        """Asks until the listener saw its watched stream end like this; it may not have happened yet."""
        for _ in range(SEEN_TRIES):
            stream = await self.open(SEEN)
            await stream.close_write()
            last = (await echo.read_all(stream)).decode()
            if last == wanted:
                return
            await trio.sleep(SEEN_INTERVAL_S)
        raise ValueError(f"the listener saw '{last}', not '{wanted}'")


async def expect_text(stream, wanted):
    received = (await echo.read_all(stream)).decode()
    expect(received == wanted, f"'{received}' came, not '{wanted}'")


def expect(is_so, otherwise):
    if not is_so:
        raise ValueError(otherwise)


def payload(number):
    """Returns other bytes for each stream."""
    return number.to_bytes(2, "big") * (PAYLOAD_BYTES // 2)
