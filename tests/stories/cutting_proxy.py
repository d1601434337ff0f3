"""A bad network: a proxy that cuts each connection after a random number of bytes, in one direction or the other. An answer
that is cut, or never begins, is an answer that was lost after the server had committed."""
import asyncio
import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

HEAD_END = b"\r\n\r\n"
FILE_CONTENT = b"content-type: application/offset+octet-stream"


class Meter:
    """How many bytes of files a client has sent on one connection, request after request."""

    def __init__(self) -> None:
        self.counted = self.left = 0
        self.counts, self.head = False, b""

    def feed(self, sent: bytes) -> None:
        while sent:
            if self.left:
                body, sent = sent[:self.left], sent[self.left:]
                self.left -= len(body)
                self.counted += len(body) if self.counts else 0
                continue
            self.head, sent = self.head + sent, b""
            if HEAD_END in self.head:
                head, _, sent = self.head.partition(HEAD_END)
                length = re.search(rb"content-length: *(\d+)", head, re.IGNORECASE)
                self.left = int(length[1]) if length else 0
                self.counts, self.head = FILE_CONTENT in head.lower(), b""


class CuttingProxy:
    """Listens on `port`, hands on to `target`. Lengths until the cut are random, with these means in bytes."""

    def __init__(self, target: int, seed: int, mean_up: int, mean_down: int) -> None:
        self.target, self.means = target, (mean_up, mean_down)
        self.random = random.Random(seed)
        self.port = self.connections = self.cut_up = self.cut_down = 0
        self.meters: list[Meter] = []

    @property
    def content(self) -> int:
        """Bytes of files that clients have sent, whether they got through or not."""
        return sum(meter.counted for meter in self.meters)

    async def serve(self, ready: threading.Event) -> None:
        """Until stop() is called from another thread."""
        self._loop, self._stopped = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await self._stopped.wait()
        server.close()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopped.set)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        until_up, until_down = (int(self.random.expovariate(1 / mean)) for mean in self.means)
        meter = Meter()
        self.meters.append(meter)
        with suppress(OSError):
            behind, beyond = await asyncio.open_connection("127.0.0.1", self.target)
            up = asyncio.create_task(self._pump(reader, beyond, until_up, meter))
            down = asyncio.create_task(self._pump(behind, writer, until_down, None))
            done, waiting = await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
            self.cut_up += up in done and up.result()
            self.cut_down += down in done and down.result()
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            beyond.close()
        writer.transport.abort()

    @staticmethod
    async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter, until: int, meter: Meter | None) -> bool:
        """Hand on until the cut; whether it came to that."""
        while sent := await source.read(4096):
            if meter:
                meter.feed(sent)
            to.write(sent[:until])
            with suppress(OSError):
                await to.drain()
            until -= len(sent)
            if until < 0:
                return True
        return False


@contextmanager
def cutting(target: int, seed: int, mean_up: int, mean_down: int) -> Iterator[CuttingProxy]:
    """A bad network before this port, until the block ends."""
    proxy, ready = CuttingProxy(target, seed, mean_up, mean_down), threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(proxy.serve(ready)), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield proxy
    finally:
        proxy.stop()
        thread.join(10)
