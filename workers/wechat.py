"""What follows when somebody sent a photo in WeChat: the file is fetched while WeChat still has it."""
import uuid

import structlog

from casework import settings
from casework.errors import CaseworkError, Unavailable
from casework.exchange.wechat import client
from casework.exchange.wechat.client import LOST, WechatError, WechatServer
from casework.exchange.wechat.news import WechatNews
from casework.identity.privacy import SealedText
from casework.intake.wechat import answers, pictures
from casework.media import keep
from casework.storage.database import transaction
from workers.job import job

log = structlog.get_logger("zhiwang.wechat")


@job
def fetch_pictures(picture_ids: list[str]) -> None:
    """Fetch these photos and give them to their reports, each once. What did not come is tried again later; what cannot come
    any more is told to its sender."""
    server = client.server()
    if server is None:
        log.warning("wechat_is_off", pictures=len(picture_ids))
        return
    for one in picture_ids:
        _fetch(server, uuid.UUID(one))


def _fetch(server: WechatServer, picture_id: uuid.UUID) -> None:
    with transaction() as db:
        media_id = pictures.to_fetch(db, picture_id)
    if media_id is None:
        return
    try:
        original = keep(server.file(media_id, settings.current().photo_megabytes * 1_000_000))
    except WechatError as error:
        _missed(server, picture_id, str(error), final=error.code in LOST)
    except Unavailable:
        raise  # the store, or the token: the batch comes again
    except CaseworkError as error:  # half a photo looks whole to WeChat's own servers at times, and comes whole the next time
        _missed(server, picture_id, type(error).__name__, final=False)
    else:
        with transaction() as db:
            pictures.fetched(db, picture_id, original)


def _missed(server: WechatServer, picture_id: uuid.UUID, fault: str, *, final: bool) -> None:
    with transaction() as db:
        sender = pictures.missed(db, picture_id, fault, final=final)
    log.warning("picture_missed", picture=str(picture_id), fault=fault, lost=sender is not None)
    if sender is not None:
        _tell(server, sender)


def _tell(server: WechatServer, sender: SealedText) -> None:
    """Once: it is good to know, and nothing depends on it."""
    try:
        WechatNews(server).write(sender.open(), answers.LOST)
    except WechatError as error:
        log.warning("loss_untold", fault=str(error))
