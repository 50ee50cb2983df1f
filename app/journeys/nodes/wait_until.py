"""A step on which people stay until a time of their own day, a window of it, a moment, or a date that is known of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import Integer, Interval, Time, bindparam, func, literal, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.journeys import dates, zones
from app.journeys.chance import spread, spread_field
from app.journeys.visits import Form, Node, Standing, standing
from app.kit.texts import listed, t

MODES = ("time", "window", "moment", "date")
EVERY_DAY = list(range(1, 8))
# Days are looked at from the one before, in which a window over midnight may have begun, until every day of the week was looked at.
# A time comes once from the arrival on; a window is looked for from now on, so that nobody goes on outside of it, however late the turn.
_NEXT = text("""
    UPDATE standing SET until = (
        SELECT min(greatest(opens, since))
        FROM (
            SELECT day, (day + CAST(:opens AS time)) AT TIME ZONE zone AS opens,
                (day + CAST(:closes AS time) + CASE WHEN CAST(:closes AS time) <= CAST(:opens AS time) THEN interval '1 day'
                    ELSE interval '0' END) AT TIME ZONE zone AS closes,
                CASE WHEN :is_window THEN CAST(:now AS timestamptz) ELSE arrived_at END AS since
            FROM generate_series(-1, 8) AS n, LATERAL (
                SELECT (CASE WHEN :is_window THEN greatest(CAST(:now AS timestamptz) AT TIME ZONE zone,
                        arrived_at AT TIME ZONE zone + make_interval(days => :after_days))
                    ELSE arrived_at AT TIME ZONE zone + make_interval(days => :after_days) END)::date + n AS day
            ) AS days
            WHERE day >= (arrived_at AT TIME ZONE zone)::date + :after_days - CASE WHEN :is_window AND :after_days = 0 THEN 1 ELSE 0 END
        ) AS found
        WHERE extract(isodow FROM day)::integer = ANY(:weekdays) AND CASE WHEN :is_window THEN closes > since ELSE opens >= since END
    )
    WHERE version_id = :version_id AND node_id = :node_id AND moving AND outcome IS NULL
""").bindparams(bindparam("weekdays", type_=ARRAY(Integer)))


def _time(label: str) -> fields.Time:
    words = {"label": t(f"journeys.nodes.wait_until.{label}"), "hint": t("journeys.nodes.wait_until.time_hint"), "type": "time"}
    return fields.Time(format="%H:%M", load_default=None, allow_none=True, metadata=words)


def _days(label: str, least: int, most: int) -> fields.Integer:
    words = {"label": t(f"journeys.nodes.wait_until.{label}"), "hint": t("journeys.nodes.wait_until.days_hint", least=least, most=most)}
    return fields.Integer(strict=True, load_default=0, validate=Range(least, most), metadata=words)


class WaitUntil(Node):
    """In the zone where she lives. A date that nobody knows is never now: who has none goes another way, and so does whose date is over."""

    kind = "wait_until"
    label = t("journeys.nodes.wait_until.label")
    group = "flow"
    rests = True

    class Config(Form):
        """`from_time` alone is a time of the day, with `until_time` a window, which may lie over midnight. `at`: a moment.

        `days`, of a date that is known of her, are before it when negative; she goes on at `from_time` of that day.
        """

        mode = fields.String(
            required=True,
            validate=OneOf(MODES),
            metadata={
                "label": t("journeys.nodes.wait_until.mode"),
                "choices": {one: t(f"journeys.nodes.wait_until.modes.{one}") for one in MODES},
            },
        )
        from_time = _time("from_time")
        until_time = _time("until_time")
        weekdays = fields.List(
            fields.Integer(strict=True, validate=Range(1, 7)),
            load_default=lambda: list(EVERY_DAY),
            validate=Length(1, 7),
            metadata={"label": t("journeys.nodes.wait_until.weekdays"), "hint": t("journeys.nodes.wait_until.weekdays_hint")},
        )
        after_days = _days("after_days", 0, 366)
        at = fields.AwareDateTime(
            load_default=None,
            allow_none=True,
            validate=dates.near,
            metadata={
                "label": t("journeys.nodes.wait_until.at"),
                "hint": t("journeys.nodes.wait_until.at_hint"),
                "type": "moment",
            },
        )
        date = dates.date_field()
        days = _days("days", -3650, 3650)
        spread_minutes = spread_field()

        @validates_schema
        def has_what_it_needs(self, data: dict[str, Any], **_: Any) -> None:
            needed = {"time": ["from_time"], "window": ["from_time", "until_time"], "moment": ["at"], "date": ["date", "from_time"]}
            missing = {name: [t("forms.required")] for name in needed[data["mode"]] if data[name] is None}
            if missing:
                raise ValidationError(missing)
            if data["mode"] == "window" and data["from_time"] == data["until_time"]:
                raise ValidationError(t("journeys.nodes.wait_until.empty_window"), "until_time")

    @staticmethod
    def summary(config: dict[str, Any]) -> str:
        mode = config["mode"]
        if mode == "moment":
            return t("journeys.nodes.wait_until.at_moment", at=config["at"].strftime("%Y-%m-%d %H:%M %z"))
        begins = config["from_time"].strftime("%H:%M")
        if mode == "date":
            when = t(f"journeys.nodes.wait_until.{_side(config['days'])}", days=abs(config["days"]), date=dates.words(config["date"]))
            return t("journeys.nodes.wait_until.at_date", when=when, time=begins)
        days = "" if len(set(config["weekdays"])) == len(EVERY_DAY) else _weekdays(config["weekdays"])
        later = t("journeys.nodes.wait_until.later", days=config["after_days"]) if config["after_days"] else ""
        ends = config["until_time"].strftime("%H:%M") if mode == "window" else None
        return t("journeys.nodes.wait_until.at_time", when=later + days, time=begins if ends is None else f"{begins}–{ends}")

    @staticmethod
    def ports(config: dict[str, Any]) -> dict[str, str]:
        ways = ("done", "no_date", "passed") if config["mode"] == "date" else ("done",)
        return {way: t(f"journeys.ports.{way}") for way in ways}

    @staticmethod
    def awaits(config: dict[str, Any]) -> list[str]:
        return dates.moved_by(config["date"]) if config["mode"] == "date" else []

    @staticmethod
    def missing(session: Any, brand_id: Any, config: dict[str, Any]) -> list[tuple[str, str]]:
        wrong = dates.missing(session, brand_id, config["date"]) if config["mode"] == "date" else None
        return [("date", wrong)] if wrong else []

    @staticmethod
    def visit(here: Standing) -> None:
        if here.config["mode"] == "moment":
            at = literal(here.config["at"]) + spread(here)
            here.leave("done", where=at <= here.now)
            here.stay(at)
            return
        zones.ask(here)
        if here.config["mode"] == "date":
            _look_up(here)
            here.leave("no_date", where=standing.c.until.is_(None))
            here.leave("passed", where=standing.c.until < standing.c.arrived_at)
        else:
            _open_next(here)
        until = standing.c.until + spread(here)
        # Who comes while a window is open need not wait for her part of the spread.
        due = (standing.c.until if here.config["mode"] == "window" else until) <= here.now
        zones.note(here, where=due)
        here.leave("done", where=due)
        here.stay(until, awaits=WaitUntil.awaits(here.config))


def _side(days: int) -> str:
    return "on_day" if not days else "before" if days < 0 else "after"


def _weekdays(days: list[int]) -> str:
    if sorted(set(days)) == EVERY_DAY[:5]:
        return t("journeys.nodes.wait_until.workdays")
    return listed(t(f"journeys.nodes.wait_until.days_of_week.d{day}") for day in sorted(set(days)))


def _open_next(here: Standing) -> None:
    """Write into `until` when her next time comes, or her window opens; now, when it is open."""
    config, is_window = here.config, here.config["mode"] == "window"
    given = {
        "opens": config["from_time"],
        "closes": config["until_time"] if is_window else config["from_time"],
        "is_window": is_window,
        "now": here.now,
        "after_days": config["after_days"],
        "weekdays": sorted(set(config["weekdays"])),
        "version_id": here.version.id,
        "node_id": here.node_id,
    }
    here.session.execute(_NEXT, given)


def _look_up(here: Standing) -> None:
    """Write into `until` when so many days from her date are reached; nothing where nobody knows it."""
    known = dates.day(here.version.brand_id, here.config["date"], of=standing.c.customer_id, zone=standing.c.zone)
    at = known + literal(timedelta(days=here.config["days"]), Interval) + literal(here.config["from_time"], Time)
    told = update(standing).where(here.here).values(until=func.timezone(standing.c.zone, at))
    here.session.execute(told.execution_options(synchronize_session=False))
