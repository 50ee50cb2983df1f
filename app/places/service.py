"""Find out where somebody is: from what was told before, else from Tencent Location Service, else from our own table."""

from __future__ import annotations

import ipaddress

from app.kit.geo import Place
from app.places import client, districts, kept
from app.places.client import Where


def of_place(place: Place) -> Where | None:
    """The city of a place; None when there is none. Never fails: without the service it is the next district of our table."""
    if (lbs := client.lbs()) is not None:
        middle = kept.cell(place)
        is_known, where = kept.asked(kept.key_of_place(place), lambda: lbs.of_place(middle), seconds=kept.PLACE_KEPT_SECONDS)
        if is_known:
            return where
    return districts.nearest(place)


def of_address(address: str) -> Where | None:
    """The city of an IP address's network; None when it is private or nobody knows. Never fails."""
    lbs = client.lbs()
    if lbs is None or not _is_public(address):
        return None
    return kept.asked(kept.key_of_address(address), lambda: lbs.of_address(address), seconds=kept.ADDRESS_KEPT_SECONDS)[1]


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False
