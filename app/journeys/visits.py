"""What a node and a condition are, who stands on a node, and what may become of them there.

Whoever is due is taken, a few thousand at a time, into the temporary table `standing`; nodes say there what becomes of them, in statements
about all of them at once, and only the end of the turn writes the walks. So a step costs a few microseconds and no row of it comes here.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, cast

from marshmallow import Schema
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    DateTime,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Uuid,
    func,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session

from app.journeys.models import JourneyVersion
from app.kit.forms import Form, problems_of
from app.kit.texts import has, t

__all__ = ["Condition", "Form", "Node", "Outcome", "Standing", "event_label", "problems_of", "standing"]


class Outcome:
    """What becomes of a walk on a node: it leaves through a port, stays until a time, ends well, ends early, or cannot go on."""

    leave, stay, finish, exit, stick = "leave", "stay", "finish", "exit", "stick"


# The first columns are those of `walks`. `was_due_at` is when she was to be visited: how late this turn is. `moving`: her turn goes on.
# `visit` says in which of the turn's visits it was decided what becomes of her.
# `zone` is where she lives, once somebody asked (`zones.ask`).
standing = Table(
    "standing",
    MetaData(),
    Column("walk_id", Uuid),
    Column("brand_id", Uuid),
    Column("journey_id", Uuid),
    Column("version_id", Uuid),
    Column("customer_id", Uuid),
    Column("node_id", String),
    Column("visit_no", Integer),
    Column("arrived_at", DateTime(timezone=True)),
    Column("was_due_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True)),
    Column("triggered_at", DateTime(timezone=True)),
    Column("subject_type", String),
    Column("subject_id", String),
    Column("context", JSONB),
    Column("moving", Boolean),
    Column("visit", Integer),
    Column("outcome", String),
    Column("port", String),
    Column("until", DateTime(timezone=True)),
    Column("awaits", ARRAY(String)),
    Column("reason", String),
    Column("send_id", Uuid),
    Column("zone", String),
)


@dataclass(frozen=True)
class Standing:
    """All walks that stand on one node of one version and are visited at `now`: rows of `standing`, of which nothing is decided yet.

    `config` is the node's, as its `Config` loads it. What is decided is said by `leave`, `stay`, `finish`, `exit` and `stick`, for all
    who are left or for those for whom `where` holds (an expression over the columns of `standing`; a NULL holds for nobody). A walk of
    which nothing is decided in the end is stuck: nobody goes on by mistake.
    """

    session: Session
    version: JourneyVersion
    node_id: str
    config: dict[str, Any]
    now: datetime
    # What this turn adds to `journey_counts`: (version, node, what, detail).
    counts: Counter[tuple[uuid.UUID, str, str, str]] = field(default_factory=Counter)
    # The number of this visit in its turn.
    visit: int = 0
    # Lets those who are left into another journey; the engine knows how.
    lead_in: Callable[[Standing, JourneyVersion], None] | None = None

    @property
    def is_test(self) -> bool:
        """Whether a marketer tries the journey on herself."""
        return self.version.journey.test_of is not None

    @property
    def here(self) -> ColumnElement[bool]:
        """Those of whom nothing is decided yet."""
        at_node = (standing.c.version_id == self.version.id) & (standing.c.node_id == self.node_id)
        return at_node & standing.c.moving & standing.c.outcome.is_(None)

    def rows(self, *columns: Any, where: ColumnElement[bool] | None = None) -> Sequence[Row[Any]]:
        """Those who are left, as these columns; for what cannot be said in one statement."""
        return self.session.execute(select(*columns).where(self._who(where)).order_by(standing.c.walk_id)).all()

    @property
    def has_acted(self) -> ColumnElement[bool]:
        """Whether what is done here was done for her when she was visited before, and she only waits for what comes of it."""
        return func.coalesce(standing.c.context["acted"].astext == func.concat(self.node_id, ":", standing.c.visit_no), False)

    def note_acted(self) -> None:
        """Write down that for all who are left it is done; see `has_acted`."""
        mark = func.jsonb_build_object("acted", func.concat(self.node_id, ":", standing.c.visit_no))
        noted = update(standing).where(self.here).values(context=standing.c.context.op("||")(mark))
        self.session.execute(noted.execution_options(synchronize_session=False))

    def leave(
        self,
        port: str | ColumnElement[str],
        *,
        where: ColumnElement[bool] | None = None,
        send_id: ColumnElement[uuid.UUID] | None = None,
        skipped: str | None = None,
    ) -> int:
        """They go through a port, the same for all or each her own; `send_id` is the message that was planned for her here, `skipped` why
        what the node does was left out, a key of `journeys.reasons`. How many.
        """
        chosen = literal(port, String) if isinstance(port, str) else port
        more = ({} if send_id is None else {"send_id": send_id}) | ({} if skipped is None else {"reason": skipped})
        return self._decide(Outcome.leave, where, port=chosen, **more)

    def stay(
        self, until: datetime | ColumnElement[datetime], *, where: ColumnElement[bool] | None = None, awaits: Sequence[str] | None = None
    ) -> int:
        """They stay, and are visited again at `until`, or sooner when one of the events `awaits` happens to them. How many."""
        return self._decide(Outcome.stay, where, until=until, awaits=list(awaits) if awaits else None)

    def finish(self, *, where: ColumnElement[bool] | None = None) -> int:
        """The journey ends here for them. How many."""
        return self._decide(Outcome.finish, where)

    def exit(self, reason: str, *, where: ColumnElement[bool] | None = None) -> int:
        """They leave the journey early; `reason` is a key of `journeys.reasons`. How many."""
        return self._decide(Outcome.exit, where, reason=reason)

    def stick(self, reason: str, *, where: ColumnElement[bool] | None = None) -> int:
        """They cannot go on until a person has looked; `reason` is a key of `journeys.reasons`. How many."""
        return self._decide(Outcome.stick, where, reason=reason)

    def note(self, what: str, times: int) -> None:
        """Count something that marketers are to see at this node; `what` is a key of `journeys.noted`."""
        if times:
            self.counts[self.version.id, self.node_id, "noted", what] += times

    def _who(self, where: ColumnElement[bool] | None) -> ColumnElement[bool]:
        return self.here & (true() if where is None else where)

    def _decide(self, outcome: str, where: ColumnElement[bool] | None, **values: Any) -> int:
        # Nothing is known of where and whom to a port of NULL: such a walk stays undecided.
        going = {} if outcome == Outcome.leave else {"moving": False}
        done = update(standing).where(self._who(where)).values(outcome=outcome, visit=self.visit, **going, **values)
        return cast(int, self.session.execute(done.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


class Node(ABC):
    """A kind of step; one file in `nodes/`. `rests` says that time passes on it, `acts` that it reaches out of the journey: a node of such
    a kind may say what becomes of whoever comes to it too late (`lateness.py`).

    `visit` decides about every walk that stands there, in a number of statements that does not grow with theirs. It may be called again
    for a step whose transaction was lost, so all it does is in that transaction. What it raises for one walk alone leaves that walk stuck,
    with the reason.
    """

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]
    rests: ClassVar[bool] = False
    acts: ClassVar[bool] = False
    # Whether it tells, asks or lets in anybody but her: whoever tries a journey on herself passes it by its first way.
    reaches_others: ClassVar[bool] = False
    # Whether who comes here has reached what the journey is to lead to.
    reaches_goal: ClassVar[bool] = False
    # Among which others the console shows it; names are the catalogue's `journeys.groups`.
    group: ClassVar[str] = "other"

    @staticmethod
    @abstractmethod
    def ports(config: dict[str, Any]) -> Mapping[str, str]:
        """Its ways out, with their labels; of a kind that acts the last is the way of those for whom nothing was done."""

    @staticmethod
    @abstractmethod
    def summary(config: dict[str, Any]) -> str:
        """What it does, in words of the people who draw journeys; `config` is as its `Config` loads it."""

    @staticmethod
    @abstractmethod
    def visit(here: Standing) -> None:
        """Decide about all who stand here."""

    @staticmethod
    def awaits(config: dict[str, Any]) -> Collection[str]:
        """The names of all events that may end a stay here."""
        return ()

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        """(name of the field, what is wrong with it) for whatever these settings, which hold by themselves, name that the brand has not."""
        return ()


class Condition(ABC):
    """A question that a branch asks; one file in `conditions/`."""

    kind: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[Schema]]

    @staticmethod
    @abstractmethod
    def summary(config: dict[str, Any]) -> str:
        """The question in words."""

    @staticmethod
    @abstractmethod
    def holds(here: Standing, config: dict[str, Any]) -> ColumnElement[bool]:
        """Whether the answer is yes, as an expression over the columns of `standing`."""

    @staticmethod
    def missing(session: Session, brand_id: uuid.UUID, config: dict[str, Any]) -> Sequence[tuple[str, str]]:
        """As that of `Node`."""
        return ()


def event_label(name: str) -> str:
    """What people call an event."""
    return t(f"events.{name}") if has(f"events.{name}") else name
