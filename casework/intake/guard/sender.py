"""Who sends, as far as it can be told: a phone, a device, an address, an account in WeChat, an app; by blind indexes."""
import ipaddress
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from casework.errors import Fault, Invalid
from casework.geography.coordinates import Point
from casework.identity.sealing import blind_index

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

WIDEST = {4: 16, 6: 32}
"""The shortest prefix of a network that can be listed."""

STEP = {4: 1, 6: 4}
"""Prefixes that can be listed are so many bits apart: each is looked up by itself, because no network stands there in plain."""

OWN = {4: 32, 6: 64}
"""What one line has: an address, or of version 6 the network that a household gets."""

SQUARES = 500
"""A place counts as the same within a square of 1/500 degree, some 200 metres."""


class Kind(StrEnum):
    """What a sender is known by."""

    PHONE = "phone"      # the number that a report names
    PROVED = "proved"    # the number that its holder has proved by a code
    DEVICE = "device"    # the key that our page, or an app, made for itself
    ADDRESS = "address"  # of the internet
    OPENID = "openid"    # the account in WeChat
    APP = "app"          # the key of an app that speaks Open311


@dataclass(frozen=True, kw_only=True)
class Sender:
    """What a request tells of its sender. `phone` and `proved` are blind indexes of numbers, `openid` of an openid."""

    phone: str | None = None
    proved: str | None = None
    device: str | None = None
    address: str | None = None
    openid: str | None = None
    app: uuid.UUID | None = None

    @cached_property
    def keys(self) -> dict[Kind, str]:
        """The blind index of each that is known. Whoever has proved a phone is known by that, whatever phone he names: a
        number that is only named may be anybody's."""
        found = {Kind.PROVED: self.proved and proved_index(self.proved), Kind.PHONE: None if self.proved else self.phone,
                 Kind.DEVICE: self.device and device_index(self.device), Kind.OPENID: self.openid,
                 Kind.ADDRESS: self._line(), Kind.APP: self.app and app_index(self.app)}
        return {kind: value for kind, value in found.items() if value}

    def listed_as(self) -> set[str]:
        """All that an entry of the list may hold against this sender, each network around the address with it."""
        networks = {network_index(one) for one in self._networks()}
        return {*self.keys.values(), *networks, *(one for one in (self.phone, self.proved) if one)}

    def at(self, place: Point) -> Iterator[tuple[str, str]]:
        """How often this sender spoke of this place is counted under these: by phone, device or account, else by address.

        An address is shared by many who stand at the same burst pipe, so it is counted by itself ("crowd").
        """
        square = f"{int(place.lon * SQUARES // 1)}:{int(place.lat * SQUARES // 1)}"
        keys = self.keys
        persons = [keys[kind] for kind in (Kind.PROVED, Kind.PHONE, Kind.DEVICE, Kind.OPENID) if kind in keys]
        for one in persons:
            yield "place", blind_index("place", f"{one}@{square}")
        if not persons and Kind.ADDRESS in keys:
            yield "crowd", blind_index("place", f"{keys[Kind.ADDRESS]}@{square}")

    def _line(self) -> str | None:
        found = _address(self.address)
        return network_index(ipaddress.ip_network((found, OWN[found.version]), strict=False)) if found else None

    def _networks(self) -> Iterator[Network]:
        found = _address(self.address)
        if found is None:
            return
        for length in range(WIDEST[found.version], found.max_prefixlen + 1, STEP[found.version]):
            yield ipaddress.ip_network((found, length), strict=False)


def proved_index(phone_index: str) -> str:
    """Of a phone that its holder has proved."""
    return blind_index("proved phone", phone_index)


def device_index(key: str) -> str:
    """Of a device's own key, in which capitals count."""
    return blind_index("device", key.encode().hex())


def app_index(key_id: uuid.UUID) -> str:
    """Of an app's key."""
    return blind_index("app", key_id.hex)


def network_index(network: Network) -> str:
    """Of an address or a network."""
    return blind_index("network", str(network))


def network_of(text: str) -> Network:
    """An address or a network as an administrator writes it. Raises Invalid for what is none, or cannot be listed."""
    try:
        found = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise Invalid("this is no address", Fault("value", "must be an address, or a network such as 203.0.113.0/24")) from None
    if found.prefixlen < WIDEST[found.version] or found.prefixlen % STEP[found.version]:
        raise Invalid("this network cannot be listed", Fault("value", (
            "must be /16 to /32" if found.version == 4 else "must be /32 to /128, in steps of four")))
    return found




def _address(text: str | None) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text or "")
    except ValueError:
        return None  # a socket of this machine has no address
    return getattr(found, "ipv4_mapped", None) or found
