"""A file of people, or of tags for people, as pages that PostgreSQL can copy: what can be said of a row without looking anybody up.

It knows no database: a process of its own reads ahead while another takes pages over, so that numbers are sealed and hashed meanwhile.
"""

from __future__ import annotations

import csv
import functools
import io
import re
import uuid
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import uuid_utils

from app.audience.errors import PeopleFileRefused, ValueUnfit
from app.audience.models import RunKind, TagKind, ValueType
from app.audience.values import fitting
from app.identity.models import Purpose
from app.kit import texts
from app.kit.crypto import blind_index, encrypt
from app.kit.phone import PhoneInvalid, normalise

# Rows are taken over so many at a time, each page in one transaction.
PAGE = 10_000
# How much of a file tells in which of the two encodings of Chinese CSV files it is.
SAMPLE = 1 << 20
LONGEST = 200
KEYS = ("phone", "unionid", "openid", "external_id", "customer_id")
CONSENTS = tuple(f"consent_{purpose}" for purpose in Purpose)
_WHO = ("phone", "unionid", "appid", "openid", "external_id")
COLUMNS = {
    RunKind.people: (*_WHO, "nickname", "city", "time_zone", "tags", *CONSENTS, "consent_version", "consent_at"),
    RunKind.tags: (*_WHO, "customer_id", "tag", "value", "action"),
}
YES, NO = ("1", "y", "yes", "true", "是", "同意"), ("", "0", "n", "no", "false", "否", "不同意")
ADD, REMOVE = ("", "add", "添加", "打上"), ("remove", "移除", "去掉")
CHINA = zoneinfo.ZoneInfo("Asia/Shanghai")
# How many different cells of tags are kept in mind.
MOST_CELLS = 10_000
_BETWEEN = re.compile(r"[;；|]")
# Stands for nothing in a row for COPY: no cell that is kept has it.
_NULL = "\0"
_UNKEPT = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class KnownTag:
    """What has to be known of a tag to read its name, and a value beside it."""

    id: str
    kind: str
    value_type: str
    choices: tuple[str, ...]
    is_archived: bool


@dataclass(frozen=True)
class Given:
    """What a file is read by: the brand's tags by key and by label, its accounts, the published versions per purpose, and the time."""

    kind: str
    tags: dict[str, KnownTag]
    appids: frozenset[str]
    versions: dict[str, tuple[str, ...]]
    now: datetime
    # Pages that were taken over before are counted, not made.
    done: frozenset[int] = frozenset()


@dataclass
class Page:
    """`people`, `tags` and `unfit` are rows as COPY takes them: of `arriving`, of (line, tag_id, active, value) and of `people_rows`."""

    number: int
    read_bytes: int = 0
    rows: int = 0
    left_out: int = 0
    people: list[str] | str = field(default_factory=list)
    tags: list[str] | str = field(default_factory=list)
    unfit: list[str] | str = field(default_factory=list)


class _Unfit(Exception):
    """The whole row does not hold: `field`, its `value`, and the `reason` as a key of `import_reason`."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        self.field, self.value, self.reason = field, value, reason


def pages(path: Path, given: Given) -> Iterator[Page]:
    """The file, page by page; those that are done before come empty. Raises `PeopleFileRefused` where it is no such file."""
    line = 0
    with path.open("rb") as raw, io.TextIOWrapper(raw, encoding=_encoding(path), newline="") as file:
        try:
            lines = csv.reader(file)
            reader = _Reader(given, [_UNKEPT.sub("", name).strip() for name in next(lines, [])])
            page = Page(0)
            reader.note_header(page)
            for cells in lines:
                line = lines.line_num
                if not any(cells):
                    continue
                page.rows += 1
                if page.number in given.done:
                    reader.remember(cells)
                else:
                    reader.read(page, line, cells)
                if page.rows == PAGE:
                    yield _closed(page, raw.tell())
                    page = Page(page.number + 1)
            if page.rows or page.number == 0:
                yield _closed(page, raw.tell())
        except (UnicodeDecodeError, csv.Error) as error:
            raise PeopleFileRefused(after_line=line, reason=type(error).__name__) from error


def _closed(page: Page, read_bytes: int) -> Page:
    page.read_bytes = read_bytes
    page.people, page.tags, page.unfit = "".join(page.people), "".join(page.tags), "".join(page.unfit)
    return page


def _encoding(path: Path) -> str:
    """UTF-8, with or without a mark, else what Excel writes in China."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    try:
        # The sample may end in the middle of a character.
        sample[: sample.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"


@functools.cache
def _labels() -> dict[str, str]:
    """Column → what people call it. `tag` and `tags` are called the same."""
    prefix = "audience.people_columns."
    return {key.removeprefix(prefix): said for key, said in texts.catalogue().items() if key.startswith(prefix)}


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())


class _Reader:
    """Reads rows into pages. Whoever stood in an earlier row of the file, by one of her keys, is not read again."""

    def __init__(self, given: Given, header: Sequence[str]) -> None:
        self._given = given
        wanted = COLUMNS[RunKind(given.kind)]
        said = {_labels()[name].lower(): name for name in wanted} | {name: name for name in wanted}
        found = [said.get(name.lower()) for name in header]
        self._names = found
        self._ignored = [name for name, known in zip(header, found, strict=True) if known is None and name]
        known = [name for name in found if name]
        if len(set(known)) != len(known):
            raise PeopleFileRefused(after_line=1, reason="duplicate", columns="、".join(header))
        if not set(known) & set(KEYS) or (given.kind == RunKind.tags and "tag" not in known):
            raise PeopleFileRefused(after_line=1, reason="no_key", columns="、".join(_labels()[name] for name in wanted))
        if ("openid" in known) != ("appid" in known):
            raise PeopleFileRefused(after_line=1, reason="no_key", columns="appid、openid")
        self._seen: dict[str, set[int]] = {key: set() for key in KEYS}
        self._keyed = [name for name in KEYS if name in known]
        self._makes_people = given.kind == RunKind.people
        self._has_consents = not set(known).isdisjoint(CONSENTS)
        self._cells: dict[str, list[str]] = {}
        self._number = 0

    def note_header(self, page: Page) -> None:
        for name in self._ignored:
            self._note(page, 1, _Unfit(name, name, "unknown_column"))

    def remember(self, cells: list[str]) -> None:
        """A row that was taken over before: who stood in it."""
        row = self._row(cells)
        if row is not None and self._makes_people:
            try:
                self._keys(row)
            except _Unfit:
                return

    def read(self, page: Page, line: int, cells: list[str]) -> None:
        self._number = 0
        try:
            row = self._row(cells)
            if row is None:
                raise _Unfit("columns", f"{len(cells)}/{len(self._names)}", "columns")
            keys = self._keys(row)
            if self._makes_people:
                self._person(page, line, row, keys)
            else:
                self._tagging(page, line, row, keys)
        except _Unfit as error:
            page.left_out += 1
            self._note(page, line, error, left_out=True)

    def _row(self, cells: list[str]) -> dict[str, str] | None:
        if len(cells) != len(self._names):
            return None
        return {name: value for name, cell in zip(self._names, cells, strict=True) if (value := cell.strip()) and name is not None}

    def _keys(self, row: dict[str, str]) -> dict[str, str]:
        """Who the row is about, by column; the number as it is kept. What cannot be kept at all leaves out the row."""
        together = "".join(row.values())
        # What can be printed can be kept, and that is told many times as fast.
        if len(together) > LONGEST or (not together.isprintable() and _UNKEPT.search(together)):
            for name, value in row.items():
                if (len(value) > LONGEST and name != "tags") or _UNKEPT.search(value):
                    raise _Unfit(name, value, "too_long")
        keys = {name: row[name] for name in self._keyed if name in row}
        if "phone" in keys:
            try:
                keys["phone"] = normalise(keys["phone"])
            except PhoneInvalid:
                raise _Unfit("phone", keys["phone"], "not_a_phone") from None
        if "openid" in keys and row.get("appid") not in self._given.appids:
            raise _Unfit("appid", row.get("appid", ""), "unknown_account")
        if "customer_id" in keys:
            try:
                keys["customer_id"] = str(uuid.UUID(keys["customer_id"]))
            except ValueError:
                raise _Unfit("customer_id", keys["customer_id"], "not_an_id") from None
        if not keys:
            raise _Unfit("keys", "", "no_key")
        of_tag = None if self._makes_people else row.get("tag", "")
        hashes = [(name, hash((value, of_tag))) for name, value in keys.items()]
        for name, hashed in hashes:
            if hashed in self._seen[name]:
                raise _Unfit(name, row[name], "duplicate")
        for name, hashed in hashes:
            self._seen[name].add(hashed)
        return keys

    def _person(self, page: Page, line: int, row: dict[str, str], keys: dict[str, str]) -> None:
        zone = row.get("time_zone")
        if zone is not None and zone not in _zones():
            self._note(page, line, _Unfit("time_zone", zone, "not_a_time_zone"))
            del row["time_zone"]
        consents, version, agreed_at = self._consents(page, line, row) if self._has_consents else (_NULL, _NULL, _NULL)
        phone = keys.get("phone")
        page.people.append(  # type: ignore[union-attr]  # a list until the page is closed
            _line(
                str(line),
                uuid_utils.uuid7().hex,
                next(iter(keys)),
                _NULL,
                _NULL if phone is None else "\\x" + encrypt(phone.encode()).hex(),
                _NULL if phone is None else blind_index(phone),
                keys.get("unionid", _NULL),
                row["appid"] if "openid" in keys else _NULL,
                keys.get("openid", _NULL),
                keys.get("external_id", _NULL),
                row.get("nickname", _NULL),
                row.get("city", _NULL),
                row.get("time_zone", _NULL),
                consents,
                version,
                agreed_at,
            )
        )
        if "tags" in row:
            self._tags(page, str(line), row["tags"])

    def _tags(self, page: Page, line: str, cell: str) -> None:
        """What stands in a cell of tags; the same few cells stand in most rows."""
        known = self._cells.get(cell)
        if known is None:
            noted = len(page.unfit)
            found = [self._tag(page, line, *_named(said), said=said) for said in _BETWEEN.split(cell) if said.strip()]
            known = [_line("", tag_id, "true", _NULL if value is None else value) for tag_id, value in filter(None, found)]
            if noted == len(page.unfit) and len(self._cells) < MOST_CELLS:
                self._cells[cell] = known
        page.tags += [line + one for one in known]  # type: ignore[operator]  # as above

    def _consents(self, page: Page, line: int, row: dict[str, str]) -> tuple[str, str, str]:
        """The purposes that she agreed to as an array, the version and the time; whatever has no evidence is noted and left out."""
        given = []
        version, raw = row.get("consent_version"), row.get("consent_at", "")
        for name in CONSENTS:
            said = row.get(name, "").lower()
            if said in NO:
                continue
            if said not in YES:
                self._note(page, line, _Unfit(name, said, "unknown_value"))
            elif version is None or not raw:
                self._note(page, line, _Unfit(name, said, "no_evidence"))
            elif version not in self._given.versions.get(name.removeprefix("consent_"), (version,)):
                self._note(page, line, _Unfit("consent_version", version, "no_such_text"))
            else:
                given.append(name.removeprefix("consent_"))
        if not given:
            return _NULL, _NULL, _NULL
        try:
            at = datetime.fromisoformat(raw)
        except ValueError:
            self._note(page, line, _Unfit("consent_at", raw, "not_a_date"))
            return _NULL, _NULL, _NULL
        # A time without a zone is China's, as people speak.
        at = (at if at.tzinfo else at.replace(tzinfo=CHINA)).astimezone(UTC)
        if at > self._given.now:
            self._note(page, line, _Unfit("consent_at", raw, "in_the_future"))
            return _NULL, _NULL, _NULL
        return "{" + ",".join(given) + "}", row["consent_version"], at.isoformat()

    def _tagging(self, page: Page, line: int, row: dict[str, str], keys: dict[str, str]) -> None:
        action = row.get("action", "").lower()
        if action not in ADD + REMOVE:
            raise _Unfit("action", action, "unknown_value")
        if "tag" not in row:
            raise _Unfit("tag", "", "missing")
        found = self._tag(page, str(line), row["tag"], row.get("value"), said=row["tag"], active=action in ADD)
        if found is None:
            page.left_out += 1
            return
        tag_id, value = found
        told = _line(str(line), tag_id, str(action in ADD), _NULL if value is None else value)
        page.tags.append(told)  # type: ignore[union-attr]  # as above
        phone = keys.get("phone")
        page.people.append(  # type: ignore[union-attr]  # as above
            _line(
                str(line),
                _NULL,
                next(iter(keys)),
                keys.get("customer_id", _NULL),
                _NULL,
                _NULL if phone is None else blind_index(phone),
                keys.get("unionid", _NULL),
                row["appid"] if "openid" in keys else _NULL,
                keys.get("openid", _NULL),
                keys.get("external_id", _NULL),
                *[_NULL] * 6,
            )
        )

    def _tag(self, page: Page, line: str, name: str, value: str | None, *, said: str, active: bool = True) -> tuple[str, str | None] | None:
        """The tag of a name and the value as it is kept; None where it does not hold, which is noted."""
        tag, reason = self._given.tags.get(name), None
        if tag is None:
            reason = "no_tag"
        elif tag.kind != TagKind.manual:
            reason = "tag_not_by_hand"
        elif tag.is_archived and active:
            reason = "tag_put_away"
        elif value is not None:
            try:
                value = fitting(ValueType(tag.value_type), tag.choices, value)
            except ValueUnfit:
                reason = "tag_value"
        if tag is not None and reason is None:
            return tag.id, value
        is_row = self._given.kind == RunKind.tags
        self._note(page, line, _Unfit("tag" if is_row else "tags", said.strip(), reason or ""), left_out=is_row)
        return None

    def _note(self, page: Page, line: int | str, error: _Unfit, *, left_out: bool = False) -> None:
        sealed = "\\x" + encrypt(error.value.replace("\x00", "\ufffd")[:LONGEST].encode("utf-8", "replace")).hex()
        row = _line(str(line), str(self._number), error.field[:LONGEST], sealed, error.reason, str(left_out))
        page.unfit.append(row)  # type: ignore[union-attr]  # as above
        self._number += 1


def _named(said: str) -> tuple[str, str | None]:
    name, _, value = said.partition("=")
    return name.strip(), value.strip() or None


def _line(*values: str) -> str:
    """A row as COPY wants it."""
    line = "\t".join(values)
    if "\\" in line:
        line = line.replace("\\", "\\\\")
    return line.replace(_NULL, "\\N") + "\n"
