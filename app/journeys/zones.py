"""In which time zone each of those who stand on a node lives; of whom it is not known, or is no zone, the brand's, and that is counted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, any_, case, func, literal, or_, select, text, update
from sqlalchemy.dialects.postgresql import ARRAY

from app.identity.models import Customer
from app.journeys.visits import Standing, standing
from app.messaging.service import limits

# Names that the database was asked about, and whether it knows them; its list is long, and is read from files.
_known: dict[str, bool] = {}


def ask(here: Standing) -> None:
    """Write into `standing.zone` where each of them lives."""
    named = select(Customer.time_zone).join(standing, standing.c.customer_id == Customer.id).where(here.here)
    names = sorted(name for name in here.session.execute(named.distinct()).scalars() if name)
    policy = limits.policy_of(here.session, here.version.brand_id)
    good = [name for name in _zones(here, [*names, policy.time_zone]) if limits.zone(name)]
    otherwise = policy.time_zone if policy.time_zone in good else limits.CHINA.key
    own = case((Customer.time_zone == any_(literal(good, ARRAY(String))), Customer.time_zone), else_=otherwise)
    told = update(standing).where(here.here, Customer.id == standing.c.customer_id).values(zone=own)
    here.session.execute(told.execution_options(synchronize_session=False))


def note(here: Standing, *, where: ColumnElement[bool]) -> None:
    """Count those of whom the zone had to be taken for granted; for those who go on now, so that each of them is counted once."""
    guessed = and_(Customer.id == standing.c.customer_id, or_(Customer.time_zone.is_(None), Customer.time_zone != standing.c.zone))
    missing, wrong = here.session.execute(
        select(func.count().filter(Customer.time_zone.is_(None)), func.count(Customer.time_zone))
        .select_from(standing.join(Customer.__table__, guessed))
        .where(here.here, where)
    ).one()
    here.note("zone_missing", missing)
    here.note("zone_wrong", wrong)


def wall(moment: Any) -> ColumnElement[datetime]:
    """What the clock on her wall shows at a moment; `ask` comes before."""
    shown: ColumnElement[datetime] = func.timezone(standing.c.zone, moment)
    return shown


def _zones(here: Standing, names: list[str]) -> list[str]:
    """Those of the names that the database knows: it refuses a whole statement for one that it does not."""
    new = [name for name in names if name not in _known]
    if new:
        known = text("SELECT name FROM pg_timezone_names WHERE name = ANY(:names)")
        found = set(here.session.execute(known, {"names": new}).scalars())
        _known.update({name: name in found for name in new})
    return [name for name in names if _known[name]]
