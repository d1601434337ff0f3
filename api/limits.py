"""How often one caller may do something: counted in Redis for all processes, in memory while Redis does not answer."""
from typing import Any

from flask import Flask, request
from flask_limiter import Limiter
from redis.backoff import NoBackoff
from redis.retry import Retry

from api.auth import caller
from casework.settings import Settings, current

PATIENCE_SECONDS = 0.2
"""A Redis that hangs may cost a request this much, once; then memory counts until Redis is asked again."""


def who() -> str:
    """Users, systems and proved phones count as themselves wherever they call from; everybody else by address.

    A tracking token makes nobody known: each receipt brings another, and who sends all day would be somebody new each time.
    """
    actor = caller()
    return f"{actor.kind}:{actor.id}" if actor.id else f"address:{request.remote_addr}"


def reports() -> str:
    """The settings' limit for sending reports."""
    return current().rate_limit_reports


def logins() -> str:
    """The settings' limit for trying to log in."""
    return current().rate_limit_login


limiter = Limiter(key_func=who, strategy="sliding-window-counter", in_memory_fallback_enabled=True, headers_enabled=False)
"""An operation is limited by `limit=reports` in its declaration."""


def install(app: Flask, settings: Settings) -> None:
    """Count in the settings' Redis; no connection is opened yet."""
    options: dict[str, Any] = {"socket_connect_timeout": PATIENCE_SECONDS, "socket_timeout": PATIENCE_SECONDS,
                               "retry": Retry(NoBackoff(), 0)}  # by default it tries again for seconds
    app.config.update(RATELIMIT_STORAGE_URI=settings.redis_url, RATELIMIT_STORAGE_OPTIONS=options,
                      RATELIMIT_KEY_PREFIX="zhiwang")
    # Its hooks look for default limits before and after every request, for 90 us. We have only declared ones, which
    # their operations check themselves: an application that seems to know the limiter gets no hooks.
    app.extensions.setdefault("limiter", set()).add(limiter)
    limiter.init_app(app)
