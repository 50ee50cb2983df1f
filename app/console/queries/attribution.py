"""To which channel leads, deposits and sales are owed: to the first touch, to the last, and to all in equal parts, beside each other.

A touch is one by a campaign, under the channel of its code, or by somebody's share, within so many days before the conversion. A lead
counts when it came to be; a deposit when it was paid, and a sale with its deposit. What nothing touched is a channel, too: none is lost.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.campaigns import choices
from app.campaigns.models import Campaign
from app.console.queries.scope import Scope
from app.kit.texts import t
from app.vehicles.queries import CHINA

WINDOWS = (7, 30, 90)
SHARE, NO_CODE, NOTHING = "share", "campaign", ""
_PAID = "SELECT id, customer_id, paid_at AS at FROM orders WHERE brand_id = :brand_id AND paid_at >= :since AND paid_at < :until"
_CONVERSIONS: dict[str, str] = {
    "leads": (
        "SELECT id, customer_id, created_at AS at FROM leads "
        "WHERE brand_id = :brand_id AND created_at >= :since AND created_at < :until AND status <> 'duplicate'"
    ),
    "deposits": _PAID,
    "sales": f"{_PAID} AND status = 'converted'",
}
STEPS = tuple(_CONVERSIONS)
# Of a share's touches the first and the last are known: one counts where the first is asked for, the other, before the conversion, else.
_OWED = """
    WITH conversions AS MATERIALIZED ({conversions} {scope}),
    touches AS (
        SELECT c.id, coalesce(k.channel, :no_code) AS channel, t.campaign_id, t.at AS first_at, t.at AS last_at, CAST(t.id AS text) AS key
        FROM conversions c
            JOIN campaign_touches t ON t.customer_id = c.customer_id AND t.at <= c.at AND t.at > c.at - :window
            LEFT JOIN campaign_codes k ON k.id = t.code_id
        UNION ALL
        SELECT c.id, :share, NULL, greatest(t.first_at, c.at - :window), least(t.last_at, c.at), t.share_id
        FROM conversions c
            JOIN share_touches t ON t.customer_id = c.customer_id AND t.first_at <= c.at AND least(t.last_at, c.at) > c.at - :window
    ), told AS (
        SELECT coalesce(t.channel, '') AS channel, t.campaign_id, count(*) OVER of_one AS parts,
            row_number() OVER (of_one ORDER BY t.first_at, t.key) = 1 AS is_first,
            row_number() OVER (of_one ORDER BY t.last_at DESC, t.key DESC) = 1 AS is_last
        FROM conversions c LEFT JOIN touches t ON t.id = c.id
        WINDOW of_one AS (PARTITION BY c.id)
    )
    SELECT channel, campaign_id, parts, count(*) FILTER (WHERE is_first), count(*) FILTER (WHERE is_last), count(*)
    FROM told GROUP BY channel, campaign_id, parts
"""
Place = tuple[str, uuid.UUID | None]


@dataclass
class Owed:
    """Conversions: whole ones of who came first and last, exact parts of who was one of several."""

    first: int = 0
    last: int = 0
    linear: Fraction = Fraction(0)

    def add(self, other: Owed) -> None:
        self.first, self.last, self.linear = self.first + other.first, self.last + other.last, self.linear + other.linear


def attribution(session: Session, scope: Scope, since: date, until: date, *, window_days: int) -> dict[str, Any]:
    """By channel, and in it by campaign, what each step is owed. Parts are told in hundredths whose sum is the whole."""
    begins, ends = (datetime.combine(day, time(), CHINA) for day in (since, until + timedelta(days=1)))
    given = {"brand_id": scope.brand_id, "since": begins, "until": ends, "window": timedelta(days=window_days)}
    given |= {"dealer_id": scope.dealer_id} if scope.dealer_id else {}
    found = {step: _owed(session, step, given) for step in STEPS}
    channels = {step: _by_channel(owed) for step, owed in found.items()}
    hundredths = {step: _rounded({key: owed.linear for key, owed in of.items()}) for step, of in channels.items()}
    names = _names(session, {place[1] for owed in found.values() for place in owed if place[1]})
    items: list[dict[str, Any]] = []
    for channel in {key for of in channels.values() for key in of}:
        of_campaigns = {
            step: _rounded({place: one.linear for place, one in owed.items() if place[0] == channel}, hundredths[step].get(channel, 0))
            for step, owed in found.items()
        }
        in_it = {place for owed in found.values() for place in owed if place[0] == channel and place[1]}
        places = sorted(in_it, key=lambda place: (names[place[1]], str(place[1])))
        items.append(
            {
                "channel": channel,
                "label": _label(channel),
                **{step: _told(channels[step].get(channel), hundredths[step].get(channel, 0)) for step in STEPS},
                "campaigns": [
                    {
                        "id": place[1],
                        "name": names[place[1]],
                        **{step: _told(found[step].get(place), of_campaigns[step].get(place, 0)) for step in STEPS},
                    }
                    for place in places
                ],
            }
        )
    items.sort(key=lambda one: (one["channel"] == NOTHING, *(-one[step]["linear"] for step in STEPS), one["label"]))
    return {"items": items, "total": {step: sum(one.last for one in owed.values()) for step, owed in found.items()}}


def _owed(session: Session, step: str, given: Mapping[str, Any]) -> dict[Place, Owed]:
    scope = "AND dealer_id = :dealer_id" if "dealer_id" in given else ""
    statement = text(_OWED.format(conversions=_CONVERSIONS[step], scope=scope))
    found: dict[Place, Owed] = defaultdict(Owed)
    for channel, campaign_id, parts, first, last, touches in session.execute(statement, {**given, "share": SHARE, "no_code": NO_CODE}):
        found[channel, campaign_id].add(Owed(first, last, Fraction(touches, parts)))
    return dict(found)


def _by_channel(owed: Mapping[Place, Owed]) -> dict[str, Owed]:
    found: dict[str, Owed] = defaultdict(Owed)
    for (channel, _), one in owed.items():
        found[channel].add(one)
    return dict(found)


def _rounded(parts: Mapping[Any, Fraction], whole: int | None = None) -> dict[Any, int]:
    """Hundredths of each, which are as many as those of all: what is left over goes to whoever lost most by rounding down."""
    hundredths = {key: int(part * 100) for key, part in parts.items()}
    left = (round(sum(parts.values()) * 100) if whole is None else whole) - sum(hundredths.values())
    for key in sorted(parts, key=lambda one: (hundredths[one] - parts[one] * 100, str(one)))[: max(left, 0)]:
        hundredths[key] += 1
    return hundredths


def _told(owed: Owed | None, hundredths: int) -> dict[str, Any]:
    return {"first": owed.first if owed else 0, "last": owed.last if owed else 0, "linear": hundredths / 100}


def _names(session: Session, ids: Sequence[uuid.UUID] | set[uuid.UUID]) -> dict[uuid.UUID | None, str]:
    return {key: name for key, name in session.execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids)))}  # noqa: C416


def _label(channel: str) -> str:
    own = {SHARE: "analytics.share", NO_CODE: "analytics.no_code", NOTHING: "analytics.none.channel"}
    return t(own[channel]) if channel in own else choices.label("channels", channel)
