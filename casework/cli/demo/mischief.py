"""Wrong and hostile input: each prank knows the only answers that are right. Any other is a surprise, told at the end."""
import json
import random
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from casework.cli.demo.callers import Caller, Citizen, Pda, Platform
from casework.cli.demo.reporters import Reporters, point
from casework.geography.coordinates import Point

REPORTS = "/api/v1/pda/reports"
TICKETS = "/api/v1/hotline/tickets"
NONSENSE = "【无效】"
"""What stands before the text of pranks that are taken in, since they are well-formed: people reject them."""

BOMB = (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\0\0\0\1\0\0\x08\2\0\0\0" + b"\0" * 40)
"""A few bytes that say they are 65,536 times 65,536 pixels."""


@dataclass(frozen=True)
class Prank:
    """What is tried, and the statuses that are a right answer."""

    what: str
    right: frozenset[int]
    play: Callable[[], httpx.Response]


class Mischief:
    """Makes pranks on behalf of people who exist: some mistaken, some careless, some with bad intent."""

    def __init__(self, reporters: Reporters, inside: Point, seed: int) -> None:
        self.reporters, self.inside = reporters, inside
        self.chance = random.Random(f"mischief {seed}")  # noqa: S311 - a made-up day, no secret
        self.pda: Pda = next(iter(reporters.pdas.values()))
        self.other: Pda = list(reporters.pdas.values())[-1]
        self.nobody = Caller(reporters.city)
        self.serial = 0

    def pranks(self, count: int) -> list[Prank]:
        """So many, all kinds in turn."""
        kinds = [*self._pda(), *self._photos(), *self._hotline(), *self._citizen(), *self._strangers()]
        return [kinds[at % len(kinds)] for at in range(count)]

    def try_one(self, prank: Prank) -> bool:
        """Whether the answer was right."""
        answer = prank.play()
        if answer.status_code not in prank.right:
            wanted = "/".join(map(str, sorted(prank.right)))
            self.reporters.city.wonder(f"{prank.what}: {answer.status_code} instead of {wanted}: {answer.text[:200]}")
        return answer.status_code in prank.right

    def report(self, **changes: Any) -> dict[str, Any]:
        """A good report but for the changes; None leaves a field out."""
        self.serial += 1
        said = {"key": str(uuid.UUID(int=self.chance.getrandbits(128), version=4)), "place": point(self.inside),
                "text": f"{NONSENSE}测试上报 {self.serial}"} | changes
        return {name: value for name, value in said.items() if value is not None}

    def ticket(self, **changes: Any) -> dict[str, Any]:
        """A good ticket but for the changes."""
        self.serial += 1
        return {"number": f"M-{self.chance.getrandbits(48):012x}", "subject": f"{NONSENSE}工单 {self.serial}",
                "detail": "内容"} | changes

    def _send(self, caller: Caller | None = None, **changes: Any) -> httpx.Response:
        return (caller or self.pda).ask("POST", REPORTS, json=self.report(**changes))

    def _raw(self, content: bytes, kind: str = "application/json") -> httpx.Response:
        return self.pda.ask("POST", REPORTS, content=content, headers={"Content-Type": kind})

    def _pda(self) -> list[Prank]:
        script = f"{NONSENSE}<script>alert(document.cookie)</script><img src=x onerror=alert(1)>"
        sql = f"{NONSENSE}'; DROP TABLE reports; -- ' OR '1'='1"
        return [
            _prank("JSON 写坏了", {400}, lambda: self._raw(b'{"key": "018f')),
            _prank("不是 UTF-8", {400}, lambda: self._raw('{"text": "井盖"}'.encode("gb18030"))),
            _prank("嵌套太深", {400}, lambda: self._raw(b"[" * 5000 + b"]" * 5000)),
            _prank("内容类型不对", {415}, lambda: self._raw(b"<report/>", "text/xml")),
            _prank("缺少字段", {422}, lambda: self._send(text=None, place=None)),
            _prank("类型不对", {422}, lambda: self._send(text=5, place="这里", handled="maybe")),
            _prank("多余字段", {422}, lambda: self._send(status="closed", is_admin=True)),
            _prank("文字超长", {422}, lambda: self._send(text="长" * 5000)),
            _prank("正文巨大", {413}, lambda: self._raw(json.dumps(self.report(text="x" * 400_000)).encode())),
            _prank("NUL 字符", {422}, lambda: self._send(text="井盖\0坏了")),
            _prank("坐标不可能", {422}, lambda: self._send(place={"lon": 500, "lat": -91})),
            _prank("时间没有时区", {422}, lambda: self._send(at="2026-03-02 10:00")),
            _prank("脚本文字", {201}, lambda: self._send(text=script)),
            _prank("SQL 文字", {201}, lambda: self._send(text=sql)),
            _prank("类别不存在", {201}, lambda: self._send(category="99999")),
            _prank("地点在市外", {201}, lambda: self._send(place={"lon": 116.4, "lat": 39.9}, category="20110")),
            _prank("同一份重发三次", {201}, self._resend),
            _prank("同一个键另一份上报", {409}, self._reuse),
        ]

    def _resend(self) -> httpx.Response:
        said = self.report()
        answers = [self.pda.ask("POST", REPORTS, json=said) for _ in range(3)]
        if len({answer.json().get("number") for answer in answers}) != 1:
            self.reporters.city.wonder("the same report sent again got another number")
        return answers[-1]

    def _reuse(self) -> httpx.Response:
        said = self.report()
        self.pda.ask("POST", REPORTS, json=said)
        return self.pda.ask("POST", REPORTS, json=said | {"text": f"{NONSENSE}别的内容"})

    def _photos(self) -> list[Prank]:
        def upload(content: bytes) -> httpx.Response:
            form = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in self.report().items()}
            return self.pda.ask("POST", REPORTS, data=form, files={"photos": ("photo.jpg", content, "image/jpeg")})
        return [
            _prank("照片是脚本", {415}, lambda: upload(b"#!/bin/sh\nrm -rf /\n")),
            _prank("照片是空的", {422}, lambda: upload(b"")),
            _prank("照片只有一半", {422}, lambda: upload(b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\1" * 20)),
            _prank("照片是解压炸弹", {413, 422}, lambda: upload(BOMB)),
        ]

    def _hotline(self) -> list[Prank]:
        platform = self.reporters.platform
        forger = Platform(self.reporters.city, platform.key_id, "not the secret at all")

        def sent(*tickets: Any, right: tuple[int, ...] = ()) -> httpx.Response:
            answer = platform.tickets(json.dumps({"tickets": tickets}).encode())
            got = tuple(one["status"] for one in answer.json().get("results", ()))
            if got != right:
                self.reporters.city.wonder(f"a batch with faults was answered {got} instead of {right}")
            return answer

        def reused() -> httpx.Response:
            first = self.ticket()
            return sent(first, self.ticket(number=first["number"]), right=(201, 200))

        def replayed() -> httpx.Response:
            body = json.dumps(self.ticket()).encode()
            headers = platform.signed("POST", TICKETS, body)
            platform.tickets(body, headers)
            return platform.tickets(body, headers)

        def stale() -> httpx.Response:
            body = json.dumps(self.ticket()).encode()
            return platform.tickets(body, platform.signed("POST", TICKETS, body, at=int(time.time()) - 3600))

        def changed() -> httpx.Response:
            headers = platform.signed("POST", TICKETS, json.dumps(self.ticket()).encode())
            return platform.tickets(json.dumps(self.ticket()).encode(), headers)
        return [
            _prank("签名密钥不对", {401}, lambda: forger.tickets(json.dumps(self.ticket()).encode())),
            _prank("重放同一请求", {401}, replayed),
            _prank("时间戳过期", {401}, stale),
            _prank("签名后改内容", {401}, changed),
            _prank("一批里坏两条", {200}, lambda: sent(
                self.ticket(), {"number": "只有编号"}, self.ticket(subject=7), right=(201, 422, 422))),
            _prank("空的一批", {422}, sent),
            _prank("编号另作他用", {200}, reused),
        ]

    def _citizen(self) -> list[Prank]:
        nobody = self.nobody
        path = "/api/v1/citizen/reports"

        def sent(**changes: Any) -> httpx.Response:
            return nobody.ask("POST", path, json=self.report(**changes))
        made_up = [{"id": str(uuid.uuid4()), "token": secrets.token_hex(16)}]
        forged = Citizen(self.reporters.city, f"{uuid.uuid4().hex}.{secrets.token_hex(32)}")
        return [
            _prank("没有地点", {422}, lambda: sent(place=None)),
            _prank("别人的照片", {422}, lambda: sent(photos=made_up)),
            _prank("照片太多", {422}, lambda: sent(photos=made_up * 30)),
            _prank("伪造查询码", {401, 404}, lambda: forged.ask("GET", f"{path}/ZW000000-AAAAA-BBBBB")),
            _prank("没有查询码", {401, 404}, lambda: nobody.ask("GET", f"{path}/ZW000000-AAAAA-BBBBB")),
        ]

    def _strangers(self) -> list[Prank]:
        stolen = Pda(self.reporters.city, self.other.device_id, self.pda.token)
        operator = self.reporters.operator
        forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzaWQiOiIxIn0."}
        return [
            _prank("密码不对", {401}, self._guess),
            _prank("已退出的令牌", {401}, self._logged_out),
            _prank("话务员越权派遣", {403, 404}, self._usurp),
            _prank("没有令牌", {401}, lambda: self._send(self.nobody)),
            _prank("偷来的设备令牌", {401}, lambda: self._send(stolen)),
            _prank("伪造的登录令牌", {401}, lambda: self.nobody.ask("GET", "/api/v1/cases", headers=forged)),
            _prank("话务员冒充网格员", {403}, lambda: self._send(operator)),
            _prank("没有的案件", {404}, lambda: operator.ask("GET", "/api/v1/cases/AJ000000-AAAAA-BBBBB")),
            _prank("不支持的方法", {405}, lambda: self.nobody.ask("DELETE", REPORTS)),
            _prank("没有的地址", {404}, lambda: self.nobody.ask("GET", "/../../etc/passwd")),
        ]

    def _guess(self) -> httpx.Response:
        self.serial += 1  # another login each time: the same one would have to wait, longer and longer
        said = {"login": f"nobody{self.serial}", "password": "123456789012"}
        return self.nobody.ask("POST", "/api/v1/sessions", json=said)

    def _logged_out(self) -> httpx.Response:
        said = {"login": "steward1", "password": self.reporters.district.password}
        tokens = self.nobody.ask("POST", "/api/v1/sessions", json=said).json()
        self.nobody.ask("POST", "/api/v1/sessions/end", json={"refresh": tokens["refresh"]})
        return self.nobody.ask("GET", "/api/v1/cases", headers={"Authorization": f"Bearer {tokens['access']}"})

    def _usurp(self) -> httpx.Response:
        operator = self.reporters.operator
        rows = operator.ask("GET", "/api/v1/cases?queue=check&limit=1").json()["items"]
        number = rows[0]["number"] if rows else "AJ000000-AAAAA-BBBBB"
        lead = str(next(iter(self.reporters.district.departments.values())))
        return operator.ask("POST", f"/api/v1/cases/{number}/dispatch", json={"lead": lead})


def _prank(what: str, right: set[int], play: Callable[[], httpx.Response]) -> Prank:
    return Prank(what, frozenset(right), play)
