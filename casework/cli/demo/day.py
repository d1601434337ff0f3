"""A day of city life: four waves of reports, and after each the people at their desks and on their rounds."""
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlencode

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from casework import clock
from casework.cli.demo import desks, table
from casework.cli.demo.callers import City
from casework.cli.demo.desks import Shift
from casework.cli.demo.district import District
from casework.cli.demo.fieldwork import Fieldwork, told
from casework.cli.demo.mischief import Mischief
from casework.cli.demo.plan import WAVES, Planned
from casework.cli.demo.reporters import Reporters

AT_ONCE = 6
"""People calling at the same moment: enough to keep two cores busy, not more."""
LAST_ROUNDS = 3
"""After the last wave; after each of the others there is one."""
SETTLED_SECONDS = 120
PRANKS_SHARE, FEWEST_PRANKS = 0.08, 50
BARS = (("pda", "网格员上报 grid workers"), ("hotline", "热线工单 hotline"), ("citizen", "市民随手拍 citizens"),
        ("mischief", "错误与恶意 wrong and hostile"), ("outside", "外勤采集 in the field"),
        ("steps", "办理步骤 steps taken"))

T = TypeVar("T")


class Day:
    """Plays the plan against a running system, and tells on the console how it goes."""

    def __init__(self, city: City, district: District, planned: Sequence[Planned], seed: int, console: Console) -> None:
        self.city, self.district, self.planned, self.console = city, district, planned, console
        self.reporters = Reporters(city, district, seed)
        self.progress = Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
                                 TimeElapsedColumn(), console=console)
        self.bars: dict[str, TaskID] = {}
        truths = {one.title: one for one in planned}
        self.shift = Shift(city, district, self.reporters, truths, seed, stepped=lambda: self._on("steps"))
        self.fieldwork = Fieldwork(self.shift, planned)
        makes = Mischief(self.reporters, planned[0].spot.point, seed)
        self.pranks = makes.pranks(max(FEWEST_PRANKS, round(len(planned) * PRANKS_SHARE)))
        self.makes = makes
        self.began = clock.now()

    def play(self) -> None:
        """From the first report to the last call-back. Raises DayEnded when it is stopped."""
        with self.progress, ThreadPoolExecutor(AT_ONCE, "people") as pool:
            self.pool = pool
            for name, words in BARS:
                count = sum(one.channel == name for one in self.planned)
                beside = {"mischief": len(self.pranks), "outside": 2 * len(self.fieldwork.walkers), "steps": None}
                total = beside.get(name, count)
                self.bars[name] = self.progress.add_task(words, total=total)
            try:
                for number, wave in enumerate(WAVES):
                    self._wave(number, wave)
                self._outside()
                for _ in range(LAST_ROUNDS):
                    self._round()
                self._walk()
                desks.moderate(self.shift)
                self.progress.update(self.bars["steps"], total=self.shift.steps.total())
            except BaseException:
                self.city.ended.set()  # whoever still waits for an answer goes home as well
                pool.shutdown(cancel_futures=True)
                raise

    def figures(self) -> dict[str, Any]:
        """How the day's reports fared, by channel, as the API answers."""
        until = clock.now() + timedelta(minutes=1)
        query = urlencode({"since": _sent(self.began - timedelta(seconds=5)), "until": _sent(until)})
        answer = self.shift.desk("leader1").do("GET", f"/api/v1/performance/channels?{query}")
        return dict((answer or {"channels": {}})["channels"])

    def tell(self) -> None:
        """The table, and what was noticed beside it."""
        channels = self.figures()
        if channels:
            self.console.print(table.drawn(channels))
            self.console.print(f"{len(self.planned)} of the reports were planned; the rest is well-formed nonsense and trial "
                               "tickets. Clocks ran in real time: a day that is over in minutes is hardly ever late, and early "
                               "warning, which looks every quarter of an hour, will call it a surge.",
                               soft_wrap=True, highlight=False)
        answers = " ".join(f"{status}×{count}" for status, count in sorted(self.city.answers.items()))
        self.console.print(f"HTTP answers: {answers}")
        self.console.print(f"From PDAs, by sync: {told(self.fieldwork.outcomes.items())}", highlight=False, soft_wrap=True)
        steps = " ".join(f"{action}×{count}" for action, count in self.shift.steps.most_common())
        self.console.print(f"Steps taken: {steps}")
        if self.city.surprises:
            self.console.print(f"[bold red]{len(self.city.surprises)} answers nobody expected[/], among them:")
            for one in list(dict.fromkeys(self.city.surprises))[:8]:
                self.console.print(f"  {one}", markup=False, highlight=False)
        else:
            self.console.print("Every wrong or hostile request was answered as it should be; no step failed unexpectedly.",
                               soft_wrap=True)

    def _wave(self, number: int, name: str) -> None:
        reports = self.reporters.errands([one for one in self.planned if one.wave == number])
        pranks = self.pranks[number::len(WAVES)]
        apart = max(1, len(reports) // (len(pranks) + 1))
        jobs: list[tuple[str, int, Callable[[], Any]]] = []
        for at, errand in enumerate(reports):
            jobs.append(errand)
            if at % apart == 0 and pranks:
                prank = pranks.pop()
                jobs.append(("mischief", 1, partial(self.makes.try_one, prank)))
        jobs += [("mischief", 1, partial(self.makes.try_one, prank)) for prank in pranks]
        self._together(lambda job: self._errand(*job), jobs)
        self._trial_ticket(number)
        self._settle()
        self._round()
        desks.supervise(self.shift)
        sent = sum(one.wave <= number for one in self.planned)
        self.progress.console.print(f"{name}: {sent} reports sent, {self.shift.steps.total()} steps taken", highlight=False)

    def _round(self) -> None:
        """Everybody looks at their queues once."""
        shift = self.shift
        self._together(lambda number: desks.triage(shift, number), (1, 2, 3))
        self._walk()
        self._together(lambda number: desks.triage(shift, number), (1, 2, 3))
        self._settle()
        desks.dispatch(shift)
        everywhere = [(code, str(one)) for code, one in self.district.departments.items()]
        self._together(lambda one: desks.department(shift, *one), everywhere)
        desks.adjudicate(shift)
        self._together(lambda number: desks.call_back(shift, number), (1, 2, 3))
        waiting = [number for number in self.reporters.kept if number not in shift.told]
        self._together(lambda number: desks.follow(shift, number), waiting)

    def _outside(self) -> None:
        """A survey is opened; some grid workers come back from their round and send it all; two accounts of a house differ."""
        field = self.fieldwork
        field.survey()
        self._together(lambda one: self._errand("outside", 1, partial(field.morning, one)), field.walkers)
        self._settle()
        field.disagree()
        field.await_survey()
        self._together(lambda one: self._errand("outside", 1, partial(field.answer, one)), field.walkers)

    def _walk(self) -> None:
        self._together(lambda pda: desks.walk(self.shift, pda), self.reporters.pdas.values())

    def _errand(self, bar: str, count: int, errand: Callable[[], Any]) -> None:
        errand()
        self._on(bar, count)

    def _on(self, bar: str, count: int = 1) -> None:
        self.progress.advance(self.bars[bar], count)

    def _trial_ticket(self, number: int) -> None:
        ticket = {"number": f"TRIAL-{self.shift.seed}-{number}", "subject": f"{desks.TRIAL}联调工单 {number}",
                  "detail": "系统联调，请忽略"}
        self.reporters.operator.do("POST", "/api/v1/hotline/tickets", json=ticket)

    def _together(self, work: Callable[[T], Any], over: Iterable[T]) -> None:
        """Everybody at once, as far as there are threads. What goes wrong in one stops all."""
        futures: list[Future[Any]] = [self.pool.submit(work, one) for one in over]
        for future in futures:
            future.result()

    def _settle(self) -> None:
        """Wait until the jobs have triaged and dispatched what came in, as the board and the dispatcher's queue tell."""
        deadline = time.monotonic() + SETTLED_SECONDS
        dispatcher = self.shift.desk("dispatcher1")
        while time.monotonic() < deadline:
            board = self.reporters.operator.do("GET", "/api/v1/board")
            waiting = [row for row in dispatcher.pages("/api/v1/cases", queue="dispatch") if not row["waiting_for"]]
            if board is not None and not board["reports"]["waiting_triage"] and not waiting:
                return
            self.city.ended.wait(0.4)
        self.city.wonder(f"the jobs did not keep up within {SETTLED_SECONDS} seconds")


def _sent(moment: datetime) -> str:
    return moment.isoformat()
