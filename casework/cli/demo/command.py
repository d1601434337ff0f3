"""`zhiwang demo`: `zhiwang up` in a process beside this one, with a district put in before and a day played after."""
import logging
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import click
import httpx
import structlog
from rich.console import Console
from rich.progress import track

from casework import clock, settings, storage
from casework.classification import training
from casework.cli import home as homes
from casework.cli import up
from casework.cli.demo import district, past, sentences
from casework.cli.demo.callers import City, DayEnded
from casework.cli.demo.day import Day
from casework.cli.demo.district import District
from casework.cli.demo.plan import Spot, plan, spots_of
from casework.cli.household import die_with_parent
from casework.geography import areas, demo_district
from casework.geography.coordinates import Point
from casework.storage import database
from casework.storage.database import reading, transaction

PROCESSES_LOG = "processes.log"
PATIENCE_SECONDS = 120
STOP_SECONDS = 30
ANNOUNCED = "Zhiwang runs"
"""What `zhiwang up` says when its web server answers."""
WHOLE_CITY = {"ZHIWANG_RATE_REPORTS": "60000 per minute", "ZHIWANG_RATE_LOGIN": "6000 per minute",
              "ZHIWANG_FLOOD": "none"}
"""A whole city calls from one address here; somebody who sets these is obeyed."""
TRAINING = "demo-training.csv"
BROKEN_OFF = "demo-broken-off"
"""A file that is there from the first row that is put in until the system runs."""


@click.command()
@click.option("--home", type=click.Path(path_type=Path), envvar="ZHIWANG_HOME", default="zhiwang-demo", show_default=True,
              help="Folder for all data; made when missing. Not that of a real city.")
@click.option("--port", type=click.IntRange(1, 65535), envvar="ZHIWANG_PORT", default=8000, show_default=True,
              help="Port of the web server on this machine.")
@click.option("--reports", type=click.IntRange(20, 20_000), default=1000, show_default=True,
              help="How many good reports; wrong and hostile ones come on top.")
@click.option("--past", "before", type=click.IntRange(0, 20_000), default=400, show_default=True,
              help="How many reports of the weeks before; without, leaders have nothing to compare with.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed plans the same day.")
def demo(home: Path, port: int, reports: int, before: int, seed: int) -> None:
    """Run everything with a demonstration district that has a past, play a day of its life through the HTTP API, and leave it
    running.

    Ctrl-C stops all. A second start on the same folder only runs it: what was played is still there.
    """
    console = Console()
    signal.signal(signal.SIGTERM, _as_interrupt)
    os.umask(0o077)  # as `zhiwang up` does
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))  # the screen is for the bars
    folder = homes.opened(home)
    environ = {**WHOLE_CITY, **os.environ}
    try:
        with homes.alone(folder):
            up.refuse_busy(port)
            _refuse_broken_off(folder)
            begun = _put_in(folder, port, environ, console)
            if begun and before:
                _lead(begun, before, seed, console)
        database.engine().dispose()
        with console.status("zhiwang up …") as status, _running(folder, port, environ) as system:
            status.stop()
            (folder / BROKEN_OFF).unlink(missing_ok=True)
            if begun:
                _play(begun, port, reports, seed, console)
            else:
                console.print("The district and its day, as far as it was played, are in this folder already; nothing is "
                              "put in or played twice. For another day choose another --home.", soft_wrap=True)
            _show(folder, port, console)
            system.wait()
            raise click.ClickException(f"The system stopped by itself; see {folder / PROCESSES_LOG}.")
    except KeyboardInterrupt:
        console.print("\n织网 stopped.")


def _put_in(folder: Path, port: int, environ: dict[str, str], console: Console) -> District | None:
    """The district in the database of this folder; None when it is there already."""
    with console.status("areas, departments, people, rules, a model …"):
        up.prepare(homes.environment(folder, port, 6379, environ))  # no queue is used here
        storage.connect(settings.current())
        with reading() as db:
            if district.is_there(db):
                return None
        password = f"demo-{secrets.token_hex(4)}"
        _train(folder, console)
        known = folder / homes.LOG_INS
        with transaction() as db:
            made = district.seed(db, password)
            homes.write_private(folder / BROKEN_OFF, "")
            admin = known.read_text() if known.exists() else ""  # before the commit: better told twice
            homes.write_private(known, admin + "".join(f"{login}  {password}  {title}\n" for login, title in LOG_INS))
        return made


def _refuse_broken_off(folder: Path) -> None:
    if (folder / BROKEN_OFF).exists():
        raise click.ClickException(f"What was put into {folder} was broken off before the system ran: empty that folder, and "
                                   "the database if it is another, or choose another --home.")


def _lead(begun: District, reports: int, seed: int, console: Console) -> None:
    """The weeks before, as far as they go by now."""
    now = clock.now()
    courses = past.courses(spots(), reports, seed, now)
    whole, started = past.Past(begun, now), time.monotonic()
    for _ in track(whole.lead(courses), "此前的日子 the weeks before", len(courses), console=console, transient=True):
        pass
    past.tell(now, whole.person("supervisor1"))
    console.print(f"The weeks before, with {len(courses)} reports, took {time.monotonic() - started:.0f} seconds: made up, but "
                  "each step taken at its time and by the rules.", soft_wrap=True, highlight=False)


LOG_INS = (("leader1", "领导"), ("dispatcher1", "派遣员（dispatcher2 同）"), ("triage1", "受理员（triage2、triage3 同）"),
           ("operator1", "话务员"), ("adjudicator1", "裁定员"), ("supervisor1", "督办员"), ("steward1", "数据管理员"),
           ("hw-head", "环境卫生管理中心负责人"), ("hw-1", "环境卫生管理中心处置人员"),
           ("sz-1", "市政设施维护中心处置人员"), ("cg-1", "城市管理综合执法局处置人员"),
           ("grid01", "网格员（grid02 至 grid60 同），用手机浏览器打开 /pda"))


def _train(folder: Path, console: Console) -> None:
    names = sorted({one["properties"]["name"] for one in demo_district.demo_places()["features"]})
    sentences.write_examples(folder / TRAINING, sentences.examples(names))
    figures = training.train_csv(folder / TRAINING)
    console.print(f"Model {figures['version']}: trained on {figures['rows']} GENERATED sentences ({folder / TRAINING}), "
                  "not on real messages; its figures say nothing about a real city.", soft_wrap=True, highlight=False)


@contextmanager
def _running(folder: Path, port: int, environ: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`zhiwang up` on this folder, until the block ends. Its lines go to a file, for the progress bars need the screen."""
    command = [sys.executable, "-m", "casework.cli", "up", "--home", str(folder), "--port", str(port)]
    log = folder / PROCESSES_LOG
    with log.open("wb") as output:
        system = subprocess.Popen(  # noqa: S603 - our own command
            command, env=environ, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, process_group=0,
            preexec_fn=_die_with_demo)  # noqa: PLW1509 - it calls prctl and takes no lock
    try:
        _await(f"http://127.0.0.1:{port}/health/ready", system, log)
        yield system
    finally:
        if system.poll() is None:
            system.send_signal(signal.SIGINT)
            try:
                system.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                system.kill()


def _die_with_demo() -> None:
    die_with_parent(signal.SIGTERM)


def _as_interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _await(url: str, system: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if system.poll() is not None:
            said = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
            raise click.ClickException(said[-1].removeprefix("Error: ") if said else f"It did not start; see {log}.")
        try:
            # What answers at the address may be another system; ours says first that it runs.
            if ANNOUNCED in log.read_text() and httpx.get(url, timeout=5, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise click.ClickException(f"The system is not ready after {PATIENCE_SECONDS} seconds; see {log}.")


def _play(begun: District, port: int, reports: int, seed: int, console: Console) -> None:
    limits = httpx.Limits(max_connections=20)
    with httpx.Client(timeout=60, limits=limits, trust_env=False) as http:
        city = City(f"http://127.0.0.1:{port}", http)
        day = Day(city, begun, plan(spots(), reports, seed), seed, console)
        started = time.monotonic()
        console.print(f"A day with {reports} reports, played through the API only (seed {seed}):")
        try:
            day.play()
        except DayEnded:
            raise click.ClickException(f"The day broke off: {city.surprises[-1]}. See {PROCESSES_LOG} in --home.") from None
        console.print(f"The day took {time.monotonic() - started:.0f} seconds.\n")
        day.tell()


def spots() -> list[Spot]:
    """The places of the district that is put in, each with its grid."""
    places = demo_district.demo_places()
    points = [Point(*one["geometry"]["coordinates"]) for one in places["features"]]
    with reading() as db:
        grids = areas.areas_at(db, points)
    return spots_of(places, demo_district.demo_district(), [grid.code if grid else "" for grid in grids])


def _show(folder: Path, port: int, console: Console) -> None:
    url = f"http://127.0.0.1:{port}"
    lines: list[Any] = [
        "", "织网 Zhiwang runs.", f"  看板 board     {url}/", f"  网格员 PDA     {url}/pda", f"  接口 API       {url}/docs",
        f"  状态 health    {url}/health/ready", f"  数据 data      {folder}", f"  日志 log       {folder / PROCESSES_LOG}",
        "  登录 log-ins   POST /api/v1/sessions"]
    log_ins = folder / homes.LOG_INS
    lines += [f"    {line}" for line in (log_ins.read_text().splitlines() if log_ins.exists() else ())]
    lines += ["  All desk accounts but admin share that password; departments are <code>-head, <code>-1 and <code>-2.",
              "  Ctrl-C 停止 stops everything.", ""]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
