"""Every error leaves as one RFC 9457 problem document; this file is the whole map from what went wrong to HTTP."""
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import marshmallow as ma
import orjson
import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from api.limits import limiter
from api.wording import reads_english, said, worded
from casework import errors
from casework.errors import Fault

MIMETYPE = "application/problem+json"
DATABASE_RETRY_SECONDS = 5

log = structlog.get_logger("api.errors")


@dataclass(frozen=True)
class Problem:
    """A kind of problem: its page is /problems/{name}, its title is read by people, the sentence says what to do."""

    name: str
    status: int
    chinese: str
    english: str
    advice_chinese: str
    advice: str


PROBLEMS = {problem.name: problem for problem in (
    Problem("bad-request", 400, "请求无法读取", "The request cannot be read",
            "内容不是本接口能读的请求：JSON 格式错误、文字不是 UTF-8 或上传不完整。原样重发仍会失败。",
            "The bytes do not form a request of this kind: malformed JSON, text that is not UTF-8, a broken upload. "
            "Sending the same again will fail again."),
    Problem("unauthenticated", 401, "请先登录", "Log in first",
            "没有提供凭据，或凭据已过期、已撤销。请重新登录或刷新令牌；WWW-Authenticate 列出可用的凭据。",
            "No credential was sent, or it is expired or revoked. Log in again or refresh the token; WWW-Authenticate "
            "names what is taken here."),
    Problem("refused", 403, "没有权限", "Not permitted",
            "系统认识您，但您的岗位没有这项权限。如有需要请联系管理员。",
            "You are known, and your posts do not permit this. Ask an administrator if they should."),
    Problem("not-found", 404, "没有找到", "Not found",
            "此地址没有内容，或您无权知晓。",
            "There is nothing at this address, or nothing that you may know of."),
    Problem("method-not-allowed", 405, "不支持此方法", "Method not allowed",
            "Allow 头列出此地址支持的方法。",
            "The Allow header lists the methods of this address."),
    Problem("conflict", 409, "状态冲突", "In conflict with the present state",
            "对象目前的状态不允许这样做，或已被他人修改。请重新读取后再决定。",
            "The thing is not in a state that allows this, or somebody changed it first. Read it again, then decide."),
    Problem("gone", 410, "已过期", "Its time is over",
            "这里曾有内容，但已超过保留期限。请重新创建。",
            "There was something at this address, and its time is over. Make it anew."),
    Problem("other-version", 412, "协议版本不符", "Another version of the protocol",
            "请求头 Tus-Resumable 须为 Tus-Version 所列的版本；本次没有处理任何内容。",
            "The header Tus-Resumable must name a version that Tus-Version lists; nothing was done."),
    Problem("too-large", 413, "内容过大", "Too large",
            "说明中写有上限。请减小内容或分次发送。",
            "The sentence names the limit. Send less, or send it in parts."),
    Problem("unsupported", 415, "不支持的内容类型", "Content of this kind is not taken",
            "接口文档列出每个接口接受的内容类型。",
            "The OpenAPI document lists the content types of each operation."),
    Problem("invalid", 422, "内容有误", "What was sent cannot be",
            "errors 逐项列出有误的字段和原因。请改正后重新发送。",
            "`errors` lists each field and what is wrong with it. Correct them and send again."),
    Problem("damaged", 460, "校验不符", "The checksum differs",
            "收到的字节与校验值不符，已丢弃。请重新发送。",
            "The bytes that came are not those that were meant, and were thrown away. Send them again."),
    Problem("too-many", 429, "请求过于频繁", "Too often",
            "请等待 Retry-After 给出的秒数后再发送。",
            "Wait the seconds that Retry-After says, then send again."),
    Problem("internal", 500, "系统内部错误", "An error of ours",
            "已按 instance 中的请求编号记入日志。用同一个键重发是安全的。",
            "It was logged under the request id in `instance`. Sending again with the same key is safe."),
    Problem("unavailable", 503, "暂时不可用", "Not available just now",
            "系统依赖的部分暂时没有应答。请等待 Retry-After 给出的秒数；本次没有保存任何内容。",
            "Something we depend on does not answer. Wait the seconds that Retry-After says; nothing was stored."),
    Problem("no-room", 507, "存储空间不足", "No room for more",
            "磁盘已满，或您未完成、未使用的文件已达上限。已收到的部分仍在；有空间后请从断点继续。",
            "The disk is full, or your own files that are unfinished or unused have reached their limit. What has arrived is "
            "kept: go on from there when there is room."),
)}

OF_CASEWORK: dict[type[errors.CaseworkError], str] = {
    errors.NotFound: "not-found", errors.Gone: "gone", errors.Refused: "refused", errors.Unauthenticated: "unauthenticated",
    errors.Conflict: "conflict", errors.Invalid: "invalid", errors.TooLarge: "too-large",
    errors.Unsupported: "unsupported", errors.Damaged: "damaged", errors.TooMany: "too-many",
    errors.Unavailable: "unavailable", errors.NoRoom: "no-room",
}
OF_STATUS = {problem.status: problem.name for problem in PROBLEMS.values()}

CHALLENGE = 'Bearer realm="zhiwang", Device realm="zhiwang", ZW-HMAC realm="zhiwang"'


class ProblemOut(ma.Schema):
    """The shape of every error, for the OpenAPI document."""

    class FaultOut(ma.Schema):
        """One thing that is wrong with what was sent."""

        field = ma.fields.String(metadata={"description": "dotted path, such as items.3.text; empty for the whole"})
        reason = ma.fields.String()

    class ChangeOut(ma.Schema):
        """One thing that somebody did to the case meanwhile."""

        number = ma.fields.Integer(metadata={"description": "of the line in its history"})
        action = ma.fields.String()
        target = ma.fields.String(metadata={"description": "the status it left the case in"})
        actor_kind = ma.fields.String()
        role = ma.fields.String(allow_none=True)
        at = ma.fields.DateTime()

    type = ma.fields.String(metadata={"description": "address of a page that explains this kind of problem"})
    title = ma.fields.String(metadata={"description": "the kind in words, Chinese or English by Accept-Language"})
    status = ma.fields.Integer()
    detail = ma.fields.String(metadata={"description": "a sentence to act on, in the same language"})
    instance = ma.fields.String(metadata={"description": "the request's id, as in X-Request-Id and in our log"})
    errors = ma.fields.List(ma.fields.Nested(FaultOut()))
    limit = ma.fields.String(metadata={"description":
        "of a flood (429): which limit is reached: phone, device, openid, address, place, crowd, upload"})
    similar = ma.fields.List(ma.fields.Dict(), metadata={"description":
        "of address and crowd, which many share: cases that it may be about; with `same_as` the report is taken"})
    entry = ma.fields.UUID(metadata={"description": "of the abuse list, which one may object to (/citizen/objections)"})
    holder = ma.fields.String(metadata={"description": "of a conflict about a case: who who works on it (see /holds)"})
    held_until = ma.fields.DateTime(metadata={"description": "when that ends by itself unless it is renewed"})
    version = ma.fields.Integer(metadata={"description": "of a conflict about a case: its present version"})
    changed = ma.fields.List(ma.fields.Nested(ChangeOut()), metadata={
        "description": "of a conflict about a case: what has happened since the version seen, or last of all"})


def problem(name: str, detail: str, *, faults: tuple[Fault, ...] = (), **facts: Any) -> Response:
    """The problem document of this kind; `facts` become further members where they do not hide the standard ones."""
    kind, english = PROBLEMS[name], reads_english()
    document: dict[str, Any] = {
        **facts, "type": f"/problems/{name}", "title": kind.english if english else kind.chinese,
        "status": kind.status, "detail": said(detail), "instance": g.get("request_id", "")}
    if faults:
        document["errors"] = worded(asdict(fault) for fault in faults)
    response = Response(orjson.dumps(document, option=orjson.OPT_UTC_Z, default=str), kind.status, mimetype=MIMETYPE)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = "en" if english else "zh"
    response.vary.add("Accept-Language")
    if kind.status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def faults_of(messages: Any, path: str = "") -> list[Fault]:
    """marshmallow's nested messages as one list: {"items": {3: {"text": ["…"]}}} is Fault("items.3.text", "…")."""
    if isinstance(messages, dict):
        found = []
        for key, inner in messages.items():
            deeper = path if key == "_schema" else f"{path}.{key}".lstrip(".")
            found += faults_of(inner, deeper)
        return found
    return [Fault(path, str(reason)) for reason in (messages if isinstance(messages, list) else [messages])]


def _casework(error: errors.CaseworkError) -> Response:
    name = next(OF_CASEWORK[kind] for kind in type(error).__mro__ if kind in OF_CASEWORK)
    faults = error.faults if isinstance(error, errors.Invalid) else ()
    response = problem(name, error.sentence, faults=faults, **error.facts)
    if isinstance(error, (errors.TooMany, errors.Unavailable)):
        response.headers["Retry-After"] = str(max(1, error.retry_after))
    return response


def _validation(error: ma.ValidationError) -> Response:
    return problem("invalid", "Some fields cannot be taken.", faults=tuple(faults_of(error.messages)))


def _http(error: HTTPException) -> Response:
    """What Flask and its parts raise: the same document, with the headers that the standards ask for, such as Allow."""
    status = error.code or 500
    if error.response is not None or status < 400:
        return current_app.make_response(error.get_response())  # a redirect, or an answer that is ready
    name = OF_STATUS.get(status, "bad-request" if status < 500 else "internal")
    detail = _described(error, PROBLEMS[name])
    if status == 413:
        detail = f"A body may have {(request.max_content_length or 0) // 1024} kilobytes here."
    response = problem(name, detail)
    response.status_code = status
    for header, value in error.get_headers():
        if header.lower() not in {"content-type", "content-length"}:
            response.headers[header] = value
    if status == 429:
        response.headers["Retry-After"] = str(_wait_of_limit())
    return response


def _described(error: HTTPException, kind: Problem) -> str:
    """What whoever raised it said; what the library says of every error of this status, we say better."""
    if error.description and error.description != type(error).description:
        return error.description
    return kind.advice if reads_english() else kind.advice_chinese


def _wait_of_limit() -> int:
    """Seconds until the limit that was hit lets somebody in again; a minute where nobody knows."""
    hit = limiter.current_limit
    return max(1, math.ceil(hit.reset_at - time.time())) if hit else 60


def _database(error: Exception) -> Response:
    log.error("database does not answer", exc_info=error)
    response = problem("unavailable", "The database does not answer just now; nothing was stored.")
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _outrun(_error: Exception) -> Response:
    return problem("conflict", "Somebody else changed it at the same moment; nothing was stored. Read it again, then decide.")


def _unexpected(error: Exception) -> Response:
    log.error("unexpected error", exc_info=error)
    return problem("internal", "An error of ours, logged under this request's id.")


def answer_to(error: Exception) -> Response:
    """What an error leaves as: the whole map, for requests and for each item of a batch."""
    return next(answer for kinds, answer in ANSWERS if isinstance(error, kinds))(error)


ANSWERS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Callable[[Any], Response]], ...] = (
    (errors.CaseworkError, _casework), (ma.ValidationError, _validation), (HTTPException, _http), (StaleDataError, _outrun),
    ((OperationalError, InterfaceError, PoolTimeout), _database), (Exception, _unexpected))


def install(app: Flask) -> None:
    """Register the map; after flask-smorest, whose own handler it replaces."""
    for kind in (HTTPException, Exception):
        app.register_error_handler(kind, answer_to)
