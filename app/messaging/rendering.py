"""What stands in a message: forms in Liquid, filled with facts; a fact that there is not is an error with its name, never a gap."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from liquid import Environment
from liquid.exceptions import LiquidError, ResourceLimitError, UndefinedError
from liquid.stringify import to_liquid_string
from liquid.undefined import UNDEFINED, FalsyStrictUndefined

LONGEST_FORM = 4_000
LONGEST_TEXT_BYTES = 16_000
MOST_LOOPS = 1_000

# None reads a clock, a file or the network, and none can multiply text by text: `replace` and `join`, put behind one another, would make
# gigabytes of one line before any limit is asked.
# fmt: off
_FILTERS = frozenset((
    "abs", "append", "at_least", "at_most", "ceil", "default", "divided_by", "downcase", "floor", "first", "last", "lstrip", "minus",
    "modulo", "plus", "prepend", "remove", "round", "rstrip", "size", "slice", "strip", "times", "truncate", "upcase",
))
_TAGS = frozenset((
    "#", "assign", "break", "capture", "case", "comment", "content", "continue", "echo", "for", "if", "illegal", "output", "raw", "unless",
))
# fmt: on

_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_PLAIN = re.compile(rf"\{{\{{\s*({_NAME})\s*\}}\}}", re.ASCII)
_MARKUP = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_WORDS = frozenset(("true", "false", "nil", "null", "empty", "blank"))


class FactMissing(Exception):
    """The form speaks of a fact that there is not; `name` is its whole path, `customer.nickname`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class FormWrong(Exception):
    """The form is not Liquid, or not what we take of it. `reason` is "syntax", "too_long", "too_much" (text or loops) or "failed" (a
    filter got what it does not take); `detail` is the parser's own sentence.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason, self.detail = reason, detail


class _Missing(FalsyStrictUndefined):
    """May be asked whether it is there (`if`, `default`), and nothing else."""

    force_liquid_default = True

    def __init__(self, name: str, *, token: Any = None, obj: object = UNDEFINED, hint: str | None = None) -> None:
        super().__init__(name, token=token, obj=obj, hint=hint)
        self.msg = hint.removesuffix(" is undefined").strip("'") if hint and hint.endswith(" is undefined") else name


class _Forms(Environment):
    """Liquid without loaders, clocks and whatever can grow without end."""

    output_stream_limit = LONGEST_TEXT_BYTES
    local_namespace_limit = LONGEST_TEXT_BYTES
    loop_iteration_limit = MOST_LOOPS
    block_nesting_limit = 10

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        super().setup_tags_and_filters(extra=extra)
        self.tags = {name: tag for name, tag in self.tags.items() if name in _TAGS}
        self.filters = {name: found for name, found in self.filters.items() if name in _FILTERS}


_forms = _Forms(undefined=_Missing)


def rendered(form: str, facts: Mapping[str, Any]) -> str:
    """The form with the facts in their places. `facts` hold text, numbers, lists, and mappings of these (`{{ store.phone }}`); None and
    empty text are facts that there are not.

    Raises:
        FactMissing: the form needs a fact that there is not and names nothing in its stead (`default`, `if`).
        FormWrong: it is not a form (`checked` says so beforehand), or these facts make it longer than a message may be.
    """
    return _compiled(form)(facts)


def checked(form: str) -> frozenset[str]:
    """The facts that the form speaks of, as whole paths. Raises `FormWrong`."""
    _compiled(form)
    analysed = _template(form).analyze(include_partials=False)
    return frozenset(".".join(map(str, found.segments)) for paths in analysed.globals.values() for found in paths)


def literals(form: str) -> str:
    """What the form says of its own accord: its text and the words that it quotes, without the names of facts, filters and tags."""
    return _MARKUP.sub(lambda markup: "".join(one or other for one, other in _QUOTED.findall(markup[0])), form)


@lru_cache(maxsize=4096)
def _compiled(form: str) -> Callable[[Mapping[str, Any]], str]:
    if len(form) > LONGEST_FORM:
        raise FormWrong("too_long")
    if "{%" not in form:
        # Text and plain names, which nearly all messages are, need no template language: that is fifty times as fast.
        parts = _PLAIN.split(form)
        if not any("{{" in text or "}}" in text for text in parts[::2]) and not _WORDS.intersection(parts[1::2]):
            return _plainly(form, parts)
    template = _template(form)
    return lambda facts: _liquidly(template, facts)


def _plainly(form: str, parts: list[str]) -> Callable[[Mapping[str, Any]], str]:
    names = [(at, name.split(".")) for at, name in enumerate(parts) if at % 2]

    def fill(facts: Mapping[str, Any]) -> str:
        filled = parts.copy()
        for at, path in names:
            value: Any = facts
            for step in path:
                if not isinstance(value, Mapping):
                    # Liquid knows more of text and lists than their own: `size`, `first`.
                    return _liquidly(_template(form), facts)
                value = value.get(step)
                if value is None:
                    raise FactMissing(parts[at])
            if value == "":
                raise FactMissing(parts[at])
            filled[at] = value if type(value) is str else to_liquid_string(value, False)
        text = "".join(filled)
        if len(text) > LONGEST_TEXT_BYTES // 4 and len(text.encode()) > LONGEST_TEXT_BYTES:
            raise FormWrong("too_much")
        return text

    return fill


@lru_cache(maxsize=512)
def _template(form: str) -> Any:
    try:
        template = _forms.from_string(form)
        unknown = set(template.filter_names(include_partials=False)) - _FILTERS
    except LiquidError as error:
        raise FormWrong("syntax", str(error.message)) from error
    if unknown:
        raise FormWrong("syntax", f"unknown filter '{min(unknown)}'")
    return template


def _liquidly(template: Any, facts: Mapping[str, Any]) -> str:
    try:
        text: str = template.render(**_there(facts))
    except UndefinedError as error:
        raise FactMissing(str(error.message)) from error
    except ResourceLimitError as error:
        raise FormWrong("too_much", str(error.message)) from error
    except (LiquidError, ArithmeticError, TypeError, ValueError) as error:
        raise FormWrong("failed", str(error.args[0]) if error.args else "") from error
    return text


def _there(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The facts that there are: Liquid would print the others as nothing."""
    kept = {name: _there(value) if isinstance(value, Mapping) else value for name, value in facts.items()}
    return {name: value for name, value in kept.items() if value is not None and value != ""}
