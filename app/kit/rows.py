"""Rows of the CSV files that people bring, told by line, field and reason when they do not hold; and lines of those that we write."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from app.kit import texts

LONGEST = 200
# By which Excel knows UTF-8.
BOM = "\ufeff"
# Excel runs what begins so.
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[-+]\d[\d.,]*|\t[\w-]*")


class CellRefused(ValueError):
    """A cell that does not hold: `field`, its `value`, and the `reason` as a key of `import_reason`."""

    def __init__(self, field: str, value: str, reason: str) -> None:
        # A NUL is kept nowhere, not even in a report.
        self.field, self.value, self.reason = field, value.replace("\x00", "\ufffd")[:LONGEST], reason
        super().__init__(f"{field}: {reason}: {value!r}")


# The line in the file, and what is wrong there.
Refusals = list[tuple[int, CellRefused]]


def short_text(raw: str, longest: int = LONGEST) -> str:
    """The text itself. Raises `ValueError` with the reason when it cannot be kept."""
    if len(raw) > longest or "\x00" in raw:
        raise ValueError("too_long")
    return raw


def read(file: Path, columns: Sequence[str], refused: Refusals) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, stripped cells by column name) of a UTF-8 file with a header; a row with too few or too many cells goes to `refused`.

    Raises:
        click.ClickException: the file lacks one of the `columns`, or is no such file.
    """
    with file.open(encoding="utf-8-sig", newline="") as source:
        lines = csv.reader(source)
        try:
            header = [name.strip() for name in next(lines, [])]
            if absent := set(columns) - set(header):
                raise click.ClickException(f"{file.name} has no columns {sorted(absent)}")
            for cells in lines:
                if not any(cells):
                    continue
                if len(cells) != len(header):
                    refused.append((lines.line_num, CellRefused("columns", f"{len(cells)}/{len(header)}", "columns")))
                    continue
                yield lines.line_num, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
        except (UnicodeDecodeError, csv.Error) as error:
            raise click.ClickException(f"{file.name}, after line {lines.line_num}: {error}") from error


def tell(refused: Refusals, *, most: int | None = None, path: Path | None = None) -> None:
    """The rejected rows: to the terminal (the first `most`, when there are more), and all of them as CSV to `path`."""
    for line, error in refused[:most]:
        click.echo(f"  line {line}, {error.field}: {texts.t(f'import_reason.{error.reason}')} {error.value!r}", err=True)
    if most and len(refused) > most:
        click.echo(f"  … and {len(refused) - most} more", err=True)
    if path:
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["line", "field", "value", "reason"])
            rows.writerows([line, error.field, error.value, error.reason] for line, error in refused)


def excel_line(values: Iterable[Any]) -> str:
    """A line of a CSV file that Excel shows as it is written, whatever somebody has put into it."""
    file = io.StringIO()
    csv.writer(file, lineterminator="\r\n").writerow([_harmless("" if value is None else str(value)) for value in values])
    return file.getvalue()


def _harmless(value: str) -> str:
    # A tab before digits keeps Excel from rounding them.
    return f"'{value}" if value.startswith(_DANGEROUS) and not _NUMBER.fullmatch(value) else value
