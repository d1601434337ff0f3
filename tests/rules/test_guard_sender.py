"""Who a sender is known as: indexes alone, networks around an address, and a place that is the same for its neighbours."""
import uuid

import pytest

from casework.errors import Invalid
from casework.geography.coordinates import Point
from casework.identity.privacy import blind_index
from casework.intake.guard.sender import Kind, Sender, network_index, network_of
from casework.settings import Settings

HERE = Point(114.0579, 22.5431)


def test_an_address_is_found_by_each_network_around_it(config: Settings) -> None:
    known = Sender(address="203.0.113.77").listed_as()
    for text in ("203.0.113.77", "203.0.113.0/24", "203.0.0.0/16", "203.0.113.76/31"):
        assert network_index(network_of(text)) in known
    for text in ("203.0.113.78", "203.0.112.0/24"):
        assert network_index(network_of(text)) not in known


def test_of_version_6_a_household_is_one_sender(config: Settings) -> None:
    one, other = Sender(address="2001:db8:1:2::3"), Sender(address="2001:db8:1:2:ffff::1")
    assert one.keys == other.keys
    assert network_index(network_of("2001:db8::/32")) in one.listed_as()
    assert Sender(address="::ffff:203.0.113.77").keys == Sender(address="203.0.113.77").keys


@pytest.mark.parametrize("text", ["203.0.113.0/8", "2001:db8::/33", "somewhere", "", "203.0.113.1/40"])
def test_what_is_no_network_or_too_wide_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        network_of(text)


def test_nothing_in_plain_leaves(config: Settings) -> None:
    sender = Sender(device="a-device-of-mine-1", address="203.0.113.77", phone=blind_index("phone", "13800000000"),
                    app=uuid.uuid4())
    for value in (*sender.keys.values(), *sender.listed_as(), *(one for _, one in sender.at(HERE))):
        assert len(value) == 32
        assert int(value, 16) >= 0


def test_who_has_proved_a_phone_is_known_by_it_whatever_he_names(config: Settings) -> None:
    mine, other = (blind_index("phone", one) for one in ("13800000000", "13900000000"))
    assert set(Sender(phone=other, proved=mine).keys) == {Kind.PROVED}
    assert {mine, other} <= Sender(phone=other, proved=mine).listed_as()


def test_a_place_counts_for_a_person_and_only_without_one_for_the_address(config: Settings) -> None:
    beside = Point(HERE.lon - 0.0002, HERE.lat)
    far = Point(HERE.lon + 0.01, HERE.lat)
    known = Sender(device="a-device-of-mine-1", address="203.0.113.77")
    assert [kind for kind, _ in known.at(HERE)] == ["place"]
    assert list(known.at(HERE)) == list(known.at(beside)) != list(known.at(far))
    assert [kind for kind, _ in Sender(address="203.0.113.77").at(HERE)] == ["crowd"]


def test_who_is_not_known_is_counted_as_nobody(config: Settings) -> None:
    assert Sender().keys == {}
    assert Sender(address="unix:").listed_as() == set()
