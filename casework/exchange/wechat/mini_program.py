"""Who has the city's mini-program open: WeChat says so for the codes that it gave the mini-program."""
from casework.errors import NotFound, Unauthenticated, Unavailable
from casework.exchange.wechat import client
from casework.exchange.wechat.client import WechatError

WRONG = frozenset({40029, 40163, 40226})
"""No code of this mini-program's, or too old; used before; WeChat thinks the user a risk."""


def phone_of(code: str, phone_code: str) -> str:
    """The mobile number, without +86, that the user let the mini-program have; `phone_code` must be the same user's.

    Raises NotFound when there is no mini-program, Unauthenticated for a code that is wrong, too old or was used before, and
    for a phone abroad; Unavailable when WeChat does not answer.
    """
    server = client.mini_program()
    if server is None:
        raise NotFound("there is no mini-program here")
    try:
        openid = server.openid_of(code)
        found = server.post("/wxa/business/getuserphonenumber", {"code": phone_code, "openid": openid}).get("phone_info")
    except WechatError as error:
        if error.code in WRONG:
            raise Unauthenticated("this code is wrong, used or too old; get a new one") from None
        raise Unavailable(f"WeChat does not answer ({error})") from None
    phone = found.get("purePhoneNumber") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(phone, str) or str(found.get("countryCode")) != "86":
        raise Unauthenticated("only a Chinese mobile number logs in here")
    return phone
