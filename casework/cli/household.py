"""The processes of one machine under honcho, with what a laptop asks for more: one that dies is started again, all stop
together, and none outlives the one who started them."""
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Event
from typing import IO, Any

from honcho.manager import Manager
from honcho.process import Popen, Process

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
STEADY_SECONDS = 30
"""Who lived so long before dying is started again at once; who dies at the start, after ever longer pauses."""
WATCH_SECONDS = 0.1
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(number: int) -> None:
    """Linux sends this process the signal when its parent dies, however that happens. Elsewhere Ctrl-C has to do."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, number)


def _begin(parent: int) -> None:
    """First thing in a child, between fork and exec: honcho's runner ignores signals, its command must not."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent(signal.SIGTERM)
    if os.getppid() != parent:  # the runner died before the line above
        os._exit(1)


class Kept(Process):  # type: ignore[misc]  # honcho carries no types
    """A command that is started again whenever it ends, until `stop` is set. Runs in a process of its own."""

    def __init__(self, *args: Any, stop: Event, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stop = stop

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        self._events = events
        die_with_parent(signal.SIGKILL)
        for number in (signal.SIGINT, signal.SIGTERM):  # honcho's manager decides when we stop
            signal.signal(number, signal.SIG_IGN)
        code, pause = 0, FIRST_PAUSE
        while not self.stop.is_set():
            began = time.monotonic()
            code = self._once()
            if self.stop.is_set():
                break
            pause = FIRST_PAUSE if time.monotonic() - began > STEADY_SECONDS else min(LONGEST_PAUSE, pause * 2)
            self._send_message(f"ended with {code}; starts again in {pause:g} s\n")
            self.stop.wait(pause)
        else:
            self._send_message({"pid": os.getpid()}, type="start")  # asked to stop before the first start
        self._send_message({"returncode": code}, type="stop")

    def _once(self) -> int:
        child = Popen(f"exec {self.cmd}", env=self.env, cwd=self.cwd, preexec_fn=partial(_begin, os.getpid()))
        self._send_message({"pid": child.pid}, type="start")
        reading = threading.Thread(target=self._pass_on, args=(child.stdout,), daemon=True)
        reading.start()
        told = False
        while child.poll() is None:
            if self.stop.wait(WATCH_SECONDS) and not told:
                child.terminate()  # not its whole group: what it runs itself, it ends itself
                told = True
            elif told:
                time.sleep(WATCH_SECONDS)
        _signal_group(child.pid, signal.SIGKILL)  # children of a killed command hold its port, and its output
        reading.join(timeout=1)
        return int(child.returncode)

    def _pass_on(self, output: IO[bytes]) -> None:
        for line in output:
            self._send_message(line)


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return  # all gone


class Household(Manager):  # type: ignore[misc]
    """honcho's manager of kept processes. `last` is stopped when all others are: they still need it to finish."""

    def __init__(self, last: str | None = None, ready: Callable[[], None] | None = None) -> None:
        super().__init__()
        self.last, self.ready = last, ready
        self.stop, self.stop_last = multiprocessing.Event(), multiprocessing.Event()

    def add_process(self, name: str, cmd: str, quiet: bool = False, env: dict[str, str] | None = None,
                    cwd: str | None = None) -> Any:
        self._process_ctor = partial(Kept, stop=self.stop_last if name == self.last else self.stop)
        return super().add_process(name, cmd, quiet, env, cwd)

    def terminate(self) -> None:
        """Ask all to stop; honcho kills what has not after five seconds more."""
        self._terminating = True
        self.stop.set()

    def _start(self) -> None:
        super()._start()
        if self.ready:
            threading.Thread(target=self.ready, daemon=True).start()

    def _all_stopped(self) -> bool:
        others = [process for name, process in self._processes.items() if name != self.last]
        if self._terminating and all(process.get("returncode") is not None for process in others):
            self.stop_last.set()
        return bool(super()._all_stopped())
