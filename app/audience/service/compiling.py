"""A tree of conditions: what is wrong with it, what it says in words, and the one statement that finds its people."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    Uuid,
    and_,
    any_,
    exists,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from app.audience.conditions import Answer, Condition, Facts, Scope
from app.events import totals
from app.events.catalogue import BEHAVIOUR
from app.events.models import Event, EventTotal
from app.identity.models import Customer
from app.kit import clock
from app.kit.forms import problems_of
from app.kit.registry import kinds
from app.kit.texts import t

MOST_LEAVES, DEEPEST = 50, 5
EVERYBODY: dict[str, Any] = {"all": []}
GROUPS = ("all", "any")

Tree = dict[str, Any]


def condition_kinds() -> dict[str, type[Condition]]:
    """Every kind of condition by its name."""
    return kinds("app.audience.conditions")


@dataclass(frozen=True)
class Leaf:
    """One condition of a tree, with its configuration as its kind loads it."""

    kind: type[Condition]
    config: dict[str, Any]


@dataclass(frozen=True)
class Among:
    """Some people only: their ids, and all ids under which facts about them may stand."""

    ids: Collection[uuid.UUID]
    under: Collection[uuid.UUID]


def problems(session: Session, brand_id: uuid.UUID, tree: Any) -> list[dict[str, str]]:
    """All that keeps a tree from being used: where (`all.0.any.2`), the field's label, and what is wrong, in Chinese. Empty: sound."""
    if tree == EVERYBODY:
        return []
    found = list(_problems(session, brand_id, tree, at="", depth=1))
    if not found and sum(1 for _ in leaves(tree)) > MOST_LEAVES:
        found = [_problem("", "too_many", most=MOST_LEAVES)]
    return found


def _problem(at: str, key: str, *, field: str = "", **values: Any) -> dict[str, str]:
    return {"at": at, "field": field, "message": t(f"audience.problems.{key}", field=field, **values)}


def _problems(session: Session, brand_id: uuid.UUID, node: Any, *, at: str, depth: int) -> Iterator[dict[str, str]]:
    if not isinstance(node, dict):
        yield _problem(at, "not_a_tree")
    elif depth > DEEPEST + ("kind" in node):
        yield _problem(at, "too_deep", most=DEEPEST)
    elif len(node) == 1 and isinstance(children := next((node[one] for one in GROUPS if one in node), None), list):
        if not children or len(children) > MOST_LEAVES:
            yield _problem(at, "empty_group" if not children else "too_many", most=MOST_LEAVES)
        for number, child in enumerate(children[:MOST_LEAVES]):
            yield from _problems(session, brand_id, child, at=f"{at}.{next(iter(node))}.{number}".lstrip("."), depth=depth + 1)
    elif set(node) == {"not"}:
        yield from _problems(session, brand_id, node["not"], at=f"{at}.not".lstrip("."), depth=depth + 1)
    elif "kind" in node and node.keys() <= {"kind", "config"} and isinstance(node["kind"], str):
        yield from _of_leaf(session, brand_id, node, at)
    else:
        yield _problem(at, "not_a_tree")


def _of_leaf(session: Session, brand_id: uuid.UUID, node: dict[str, Any], at: str) -> Iterator[dict[str, str]]:
    kind = condition_kinds().get(node["kind"])
    if kind is None:
        yield _problem(at, "unknown_kind", kind=node["kind"])
        return
    wrong = problems_of(kind.Config, node.get("config", {}))
    if not wrong and (missing := kind.missing(session, brand_id, kind.Config().load(node.get("config", {})))):
        field = kind.Config().fields[missing[0]]
        wrong = [(field.metadata.get("label", missing[0]), missing[1])]
    for label, message in wrong:
        yield _problem(at, "field", kind=kind.label, field=label, message=message)


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The conditions of a sound tree, in the order in which they stand."""
    if "kind" in tree:
        kind = condition_kinds()[tree["kind"]]
        yield Leaf(kind, kind.Config().load(tree.get("config", {})))
        return
    children: list[Tree] = [tree["not"]] if "not" in tree else tree["all"] if "all" in tree else tree["any"]
    for child in children:
        yield from leaves(child)


def words(tree: Tree) -> str:
    """A sound tree in words."""
    if "kind" in tree:
        (leaf,) = leaves(tree)
        return leaf.kind.summary(leaf.config)
    if "not" in tree:
        return t("audience.tree.not", what=words(tree["not"]))
    group = "all" if "all" in tree else "any"
    if not tree[group]:
        return t("audience.tree.everybody")
    said = [
        t("lists.group", what=words(child)) if child.keys() & set(GROUPS) and len(tree[group]) > 1 else words(child)
        for child in tree[group]
    ]
    return t(f"audience.tree.{group}").join(said)


def listens(tree: Tree) -> set[str]:
    """What can change who is found: names of events, and of attributes as `attribute:name`. A merge changes it always, and is not named."""
    names = {"customer.created"}
    for leaf in leaves(tree):
        names |= set(leaf.kind.listens(leaf.config))
    # Who signs in on a device did what was done there while nobody was known.
    return names | ({"customer.logged_in"} if names & BEHAVIOUR.keys() else set())


def uses(tree: Tree) -> set[uuid.UUID]:
    """The segments that a tree asks about."""
    return {leaf.config["segment_id"] for leaf in leaves(tree) if leaf.kind.kind == "in_segment"}


def about_everybody(session: Session, brand_id: uuid.UUID) -> Scope:
    """All customers of a brand as of now, with the totals of what they did."""
    return Scope(brand_id, clock.now(session), totals.counted_until(session))


def people(tree: Tree, scope: Scope, among: Among | None = None) -> Select[uuid.UUID]:
    """The ids of the living customers for whom a sound tree holds, as one statement; nothing is ever asked person by person.

    What must hold, or must not, and asks only whether there is any fact, is joined as it stands: nothing is grouped, and several processes
    share the work. Of everything else that asks for facts a set of people with one row each is made and joined from the left.
    """
    base, rest = _begin_with(tree, scope) if among is None else (None, tree)
    who: Any = Customer.id if base is None else base.c.customer_id
    asked = _Asked(scope, among, who, [])
    condition = asked.holds(rest)
    wanted = select(who.label("id"))
    for one in asked.sets:
        wanted = wanted.outerjoin(one, one.c.customer_id == who)
    if base is not None:
        # Not as a join: where nobody is expected to be one of them, each of the many would be held against each of the few.
        gone = or_(Customer.merged_into_id.is_not(None), Customer.erased_at.is_not(None))
        return wanted.where(condition, who.not_in(select(Customer.id).where(Customer.brand_id == scope.brand_id, gone)))
    wanted = wanted.where(condition, *_living(scope))
    return wanted if among is None else wanted.where(_is_one_of(who, among.ids))


def _begin_with(tree: Tree, scope: Scope) -> tuple[Subquery | None, Tree]:
    """A set in which everybody is who can be found, and what else must hold: then a few who are no customers any more are left out of it,
    instead of a million looked up. None where there is no set that was counted, or something is asked of the customers' own rows.
    """
    children: list[Tree] = [tree] if "kind" in tree else tree.get("all", [])
    if all(isinstance(one, Facts) for one in _answers(tree, scope)):
        for number, child in enumerate(children):
            facts = _answers(child, scope)[0] if "kind" in child else None
            if isinstance(facts, Facts) and facts.at_least and not _asks_for_any(facts):
                return _set(facts, scope, None, "counted"), {"all": children[:number] + children[number + 1 :]}
    return None, tree


def _living(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return Customer.brand_id == scope.brand_id, Customer.merged_into_id.is_(None), Customer.erased_at.is_(None)


def _is_one_of(column: Any, ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """One parameter however many ids there are."""
    return column == any_(literal(list(ids), ARRAY(Uuid)))


@dataclass(frozen=True)
class _Asked:
    """What a tree asks about those whom `who` names on its way into one statement; `sets` are those to join from the left."""

    scope: Scope
    among: Among | None
    who: Any
    sets: list[Subquery]

    def holds(self, tree: Tree, *, wanted: bool = True, must: bool = True) -> ColumnElement[bool]:
        """Whether a tree holds, or with `wanted` false does not. `must`: nobody is found without it, whatever else holds."""
        if "not" in tree:
            return self.holds(tree["not"], wanted=not wanted, must=must)
        if "kind" in tree:
            (leaf,) = leaves(tree)
            return self._leaf(leaf.kind.answer(self.scope, leaf.config), wanted=wanted, must=must)
        children: list[Tree] = tree["all"] if "all" in tree else tree["any"]
        if ("all" in tree) == wanted:
            return and_(true(), *(self.holds(child, wanted=wanted, must=must) for child in children))
        if must and (found := self._any_of(children, wanted=wanted)) is not None:
            return found
        return or_(*(self.holds(child, wanted=wanted, must=False) for child in children))

    def _leaf(self, answer: Answer, *, wanted: bool, must: bool) -> ColumnElement[bool]:
        if not isinstance(answer, Facts):
            return answer.is_(True) if wanted else answer.is_not(True)
        is_in = wanted == bool(answer.at_least)
        if must and self.among is None and _asks_for_any(answer):
            there_is = self._is_there([answer])
            return there_is if is_in else ~there_is
        found = _set(answer, self.scope, self.among, f"c{len(self.sets)}")
        self.sets.append(found)
        return found.c.customer_id.is_not(None) if is_in else found.c.customer_id.is_(None)

    def _any_of(self, children: Sequence[Tree], *, wanted: bool) -> ColumnElement[bool] | None:
        """That there is any fact of several sorts; None where more than that is asked."""
        if self.among is not None or not all("kind" in child for child in children):
            return None
        answers = [leaf.kind.answer(self.scope, leaf.config) for child in children for leaf in leaves(child)]
        facts = [one for one in answers if isinstance(one, Facts) and _asks_for_any(one) and wanted == bool(one.at_least)]
        return self._is_there(facts) if len(facts) == len(answers) else None

    def _is_there(self, several: Sequence[Facts]) -> ColumnElement[bool]:
        parts = []
        for facts in several:
            counted = _totals(facts, self.scope)
            parts.append(_by_person(_facts(facts, self.scope) if counted is None else counted)[0])
        rows = (parts[0] if len(parts) == 1 else union_all(*parts)).subquery()
        return exists().where(rows.c.customer_id == self.who)


def _asks_for_any(facts: Facts) -> bool:
    return (facts.at_least == 1 and facts.at_most is None) or (facts.at_least == 0 and not facts.at_most)


def _facts(facts: Facts, scope: Scope) -> Select[*tuple[Any, ...]]:
    """The rows within the time that is asked about, of whom they are known to be about."""
    rows = facts.rows.where(facts.rows.selected_columns[0].is_not(None))
    if facts.within is not None:
        rows = rows.where(rows.selected_columns[1] > scope.moment - facts.within)
    return rows if facts.ago is None else rows.where(rows.selected_columns[1] <= scope.moment - facts.ago)


def _set(facts: Facts, scope: Scope, among: Among | None, name: str) -> Subquery:
    """Those who have enough facts, and not too many; for `at_least` 0, those who have too many."""
    if among is None and (counted := _totals(facts, scope)) is not None:
        found, person, done = _by_person(counted)
        times: ColumnElement[Any] = func.sum(done.c.times)
    else:
        rows = _facts(facts, scope)
        if among is not None:
            rows = rows.where(_is_one_of(rows.selected_columns[0], among.under))
        found, person, _ = _by_person(rows)
        times = func.count()
    # To sort numbers of eight bytes takes half the time of a hash table with a million ids in it, most of which no cache has.
    found = found.group_by(func.uuid_hash_extended(person, literal(0, BigInteger)), person)
    if not facts.at_least:
        found = found.having(times > facts.at_most) if facts.at_most else found
    elif facts.at_least > 1 or facts.at_most is not None:
        found = found.having(times >= facts.at_least)
        found = found if facts.at_most is None else found.having(times <= facts.at_most)
    return found.subquery(name)


def _totals(facts: Facts, scope: Scope) -> CompoundSelect[*tuple[Any, ...]] | None:
    """(customer_id, times) from the totals, and from the events that are not in them yet; None where that does not answer.

    Totals tell how often and when last: of a time before now, whether there was anything in it, and not how much.
    """
    until = scope.counted_until
    if until is None or facts.event is None or facts.ago is not None:
        return None
    counted = select(EventTotal.customer_id, EventTotal.times).where(EventTotal.brand_id == scope.brand_id, EventTotal.name == facts.event)
    if facts.within is not None:
        begins = scope.moment - facts.within
        if facts.at_least > 1 or facts.at_most or begins >= until:
            return None
        counted = counted.where(EventTotal.last_at > begins)
    fresh = select(Event.customer_id, literal(1)).where(Event.brand_id == scope.brand_id, Event.name == facts.event)
    return union_all(counted, fresh.where(Event.recorded_at >= until, Event.customer_id.is_not(None)))


def _by_person(rows: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]]) -> tuple[Select[Any], ColumnElement[Any], Subquery]:
    """Under whose id facts stand becomes who that is now; the few who were merged are all that is looked up."""
    done, merged = rows.subquery(), aliased(Customer)
    person = func.coalesce(merged.merged_into_id, done.c[0])
    joined = done.outerjoin(merged, and_(merged.id == done.c[0], merged.merged_into_id.is_not(None)))
    return select(person.label("customer_id")).select_from(joined), person, done


def memory_for(tree: Tree) -> str:
    """What PostgreSQL may take for each hash of a statement, so that all of them together take no more than a quarter of a gigabyte."""
    return f"{max(4, 256 // (sum(1 for _ in leaves(tree)) + 1))}MB"


def is_moved_by_time(tree: Tree, scope: Scope) -> bool:
    """Whether people come or go without any event."""
    return any(isinstance(one, Facts) and (one.within or one.ago) for one in _answers(tree, scope))


def moved_by_time(tree: Tree, scope: Scope, since: datetime) -> Select[uuid.UUID] | None:
    """Everybody for whom time alone may have changed the answer after `since` until now: whose facts grew too old, or old enough.

    Read from the facts themselves in the order of their time: what it costs grows with who is due, not with who is waiting.
    """
    parts = []
    for one in _answers(tree, scope):
        for length in (one.within, one.ago) if isinstance(one, Facts) else ():
            if length is not None:
                at = one.rows.selected_columns[1]
                due = one.rows.where(at > since - length, at <= scope.moment - length, one.rows.selected_columns[0].is_not(None))
                parts.append(_by_person(due)[0])
    return select(union_all(*parts).subquery().c.customer_id).distinct() if parts else None


def _answers(tree: Tree, scope: Scope) -> list[Answer]:
    return [leaf.kind.answer(scope, leaf.config) for leaf in leaves(tree)]
