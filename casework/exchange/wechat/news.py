"""News to people who reported by WeChat: written freely within two days of their last word, else by a template that the
account has; who refuses is remembered."""
from typing import Any

from casework import clock, settings
from casework.exchange.wechat.client import GONE, NEEDS_TEMPLATE, REFUSED, WechatError, WechatServer
from casework.identity import followers
from casework.identity.followers import FREELY
from casework.identity.sessions import NotTakenError
from casework.storage.database import reading, transaction

LONGEST = 600
"""Characters of a message that is written freely; WeChat takes 2048 bytes."""

LONGEST_FIELD = 20
"""Characters of a field `thing` of a subscribe message."""

FINAL = frozenset({40037, 47003, *GONE, REFUSED})
"""There is no such template, or it has other fields; or nobody who takes it."""


class WechatNews:
    """A Sender whose addresses are openids."""

    def __init__(self, server: WechatServer) -> None:
        self._server = server

    def send(self, to: str, text: str, key: str) -> None:
        """Hand one over. Raises NotTakenError."""
        try:
            if not self._may_write(to) or not self._written(to, text):
                self._by_template(to, text)
        except WechatError as error:
            if error.code == REFUSED:
                self._remember(to)
            raise NotTakenError(str(error), final=error.code in FINAL, away=error.away) from None

    def write(self, to: str, text: str) -> None:
        """Write freely. Raises WechatError."""
        short = text if len(text) <= LONGEST else f"{text[:LONGEST - 1]}…"
        self._server.post("/cgi-bin/message/custom/send", {"touser": to, "msgtype": "text", "text": {"content": short}})

    def _written(self, to: str, text: str) -> bool:
        """Whether it could be written freely, of which WeChat has the last word."""
        try:
            self.write(to, text)
        except WechatError as error:
            if error.code not in NEEDS_TEMPLATE:
                raise
            return False
        return True

    def _by_template(self, to: str, text: str) -> None:
        config = settings.current()
        short = text if len(text) <= LONGEST_FIELD else f"{text[:LONGEST_FIELD - 1]}…"
        if config.wechat_subscription:
            self._server.post("/cgi-bin/message/subscribe/bizsend", _filled(to, config.wechat_subscription, short))
        elif config.wechat_template:
            self._server.post("/cgi-bin/message/template/send", _filled(to, config.wechat_template, short))
        else:
            raise NotTakenError("silent for two days, and no template is set", final=True)

    def _may_write(self, openid: str) -> bool:
        with reading() as db:
            known = followers.by_openid(db, self._server.app_id, openid)
            return known is not None and known.heard_at > clock.now() - FREELY

    def _remember(self, openid: str) -> None:
        with transaction() as db:
            known = followers.by_openid(db, self._server.app_id, openid)
            if known:
                known.refused_at = clock.now()


def _filled(to: str, template: str, text: str) -> dict[str, Any]:
    """A template with one field of the kind that takes any text, and one for the moment."""
    at = clock.now().astimezone(clock.CITY)
    return {"touser": to, "template_id": template,
            "data": {"thing1": {"value": text}, "time2": {"value": f"{at:%Y-%m-%d %H:%M}"}}}
