"""Doors: how the brand treats people, which senders stopped, and what is left of the quotas."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.kit.errors import Forbidden, Invalid
from app.kit.web import Caller, blueprint, raises, transactional
from app.messaging import queries, schemas_policies
from app.messaging.errors import SenderUnknown
from app.messaging.models import SenderStop
from app.messaging.routes.callers import brand_of, brand_to_change
from app.messaging.service import forecasting, limits, policies

staff = blueprint("messaging", audience="staff", part="policies")


@staff.get("/policy")
@raises(Forbidden)
@staff.output(schemas_policies.PolicyOut)
@transactional
def policy(session: Session, who: Caller) -> Any:
    """Quiet hours, caps, the reserve of each quota, and when a sender stops by itself."""
    return policies.told(limits.policy_of(session, brand_of(who)))


@staff.put("/policy")
@raises(Forbidden)
@staff.input(schemas_policies.PolicyIn)
@staff.output(schemas_policies.PolicyOut)
@transactional
def change_policy(session: Session, who: Caller, json_data: dict[str, Any]) -> Any:
    """Change what is given; the rest stays. The next claim obeys it, and who changed what is kept."""
    return policies.told(policies.set_policy(session, brand_to_change(who), **json_data))


@staff.get("/senders/stopped")
@raises(Forbidden)
@staff.output(schemas_policies.StopsOut)
@transactional
def stopped(session: Session, who: Caller) -> Any:
    """The senders that stopped themselves because too many of their calls failed, and why."""
    return {"items": [_stop(one) for one in queries.senders_stopped(session, brand_of(who))]}


@staff.post("/senders/<channel>/<appid>/go-on")
@raises(Forbidden, SenderUnknown)
@staff.output(schemas_policies.StopOut)
@transactional
def go_on(session: Session, who: Caller, channel: str, appid: str) -> Any:
    """Let a stopped sender go on; what waited for it leaves now. One that is not stopped stays as it is."""
    return _stop(policies.let_sender_go_on(session, brand_to_change(who), appid=appid, channel=channel))


def _stop(stop: SenderStop) -> dict[str, Any]:
    names = ("channel", "appid", "stopped_at", "reason", "answers", "errors")
    return {name: getattr(stop, name) for name in names} | {"channel_label": queries.channel_label(stop.channel)}


@staff.get("/quota")
@raises(Forbidden)
@staff.input(schemas_policies.BoardIn, location="query")
@staff.output(schemas_policies.BoardOut)
@transactional
def quota(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """Per account and channel: the quota of today, who used it, what is kept back and planned, and until when; and the days before."""
    brand_id = brand_of(who)
    names = (
        "channel",
        "appid",
        "account_name",
        "limit",
        "used",
        "used_by_marketing",
        "reserve",
        "planned",
        "waiting",
        "done_on",
        "exhausted",
    )
    today = [
        {name: getattr(one, name) for name in names}
        | {
            "channel_label": queries.channel_label(one.channel),
            "free_for_marketing": one.quota.free_today,
            "marketing_per_day": one.quota.per_day,
        }
        for one in forecasting.board(session, brand_id)
    ]
    days = forecasting.history(session, brand_id, query_data["days"])
    shown = ("day", "channel", "appid", "used", "used_by_marketing")
    return {"today": today, "history": [{name: getattr(one, name) for name in shown} for one in days]}


@staff.get("/quota/forecast")
@raises(Forbidden)
@staff.input(schemas_policies.ForecastIn, location="query")
@staff.output(schemas_policies.ForecastOut)
@transactional
def forecast(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """When so many marketing messages more would be done, behind those that are planned already."""
    sender = query_data["appid"], query_data["channel"]
    brand_id = brand_of(who)
    if sender not in {(one.appid, one.channel) for one in forecasting.board(session, brand_id)}:
        raise Invalid(channel="no such sender")
    done_on = forecasting.done_on(session, brand_id, {sender: query_data["count"]})
    return {"done_on": done_on, "sentence": forecasting.sentence(session, done_on)}
