"""What every peer serves for `edges`; README.md has the list with what each does."""

import sys

import echo

LATE = "/interop/late/1.0.0"
WATCH = "/interop/watch/1.0.0"
HOLD = "/interop/hold/1.0.0"
SEEN = "/interop/seen/1.0.0"
RESET = "/interop/reset/1.0.0"


class Served:
    """Remembers how the last watched stream ended."""

    def __init__(self, host):
        self.seen = "nothing yet"
        host.set_stream_handler(echo.PROTOCOL, echo.copy_back)
        handlers = {LATE: self.late, WATCH: self.watch, HOLD: self.hold, SEEN: self.tell, RESET: self.reset}
        for protocol, handler in handlers.items():
            host.set_stream_handler(protocol, logged(protocol, handler))

    async def late(self, stream):
        await answer(stream, str(len(await echo.read_all(stream))))

    async def watch(self, stream):
        await answer(stream, "hello")
        await self.remember_end(stream)

    async def hold(self, stream):
        await stream.write(b"hello")
        await self.remember_end(stream)

    async def remember_end(self, stream):
        try:
            self.seen = f"end {len(await echo.read_all(stream))}"
        except echo.WasReset:
            self.seen = "reset"

    async def tell(self, stream):
        await answer(stream, self.seen)

    async def reset(self, stream):
        await echo.read(stream)
        await stream.reset()


def logged(protocol, handler):
    async def handle(stream):
        try:
            await handler(stream)
        except Exception as error:
            print(f"{protocol}: {error!r}", file=sys.stderr)
            await stream.reset()

    return handle


async def answer(stream, text):
    await stream.write(text.encode())
    await stream.close_write()
