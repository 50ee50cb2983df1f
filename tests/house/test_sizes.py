"""Files, functions and parameter lists stay small. The exceptions may only shrink."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.house.sources import ROOT, functions, modules

FOLDERS = ("app", "workers", "dev", "bench", "miniprogram_mock", "tests")
FILE, FUNCTION, POSITIONAL = 400, 60, 4

# path → lines, path:function → lines or parameters: what was larger when the law was made. Nothing is added here; what shrinks is lowered.
LONG_FILES: dict[str, int] = {}
LONG_FUNCTIONS: dict[str, int] = {}
MANY_PARAMETERS: dict[str, int] = {}


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, tree in modules(*FOLDERS):
        for function in functions(tree):
            yield f"{path}:{function.name}", function


def test_no_file_is_longer_than_a_few_screens() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path, _ in modules(*FOLDERS)}
    assert {path: lines for path, lines in lengths.items() if lines > LONG_FILES.get(path, FILE)} == {}
    assert {path for path, lines in LONG_FILES.items() if lengths.get(path, 0) < lines} == set()


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {name: (function.end_lineno or 0) - function.lineno + 1 for name, function in _functions()}
    assert {name: lines for name, lines in lengths.items() if lines > LONG_FUNCTIONS.get(name, FUNCTION)} == {}
    assert {name for name, lines in LONG_FUNCTIONS.items() if lengths.get(name, 0) < lines} == set()


def test_nobody_counts_more_than_four_positional_parameters() -> None:
    """`self` is not counted, nor what pytest or click give to a function by name."""
    found = {}
    for name, function in _functions():
        if name.split(":")[1].startswith("test_") or any(
            re.search("fixture|command|option", ast.unparse(one)) for one in function.decorator_list
        ):
            continue
        given = [one.arg for one in [*function.args.posonlyargs, *function.args.args] if one.arg not in ("self", "cls")]
        if len(given) > MANY_PARAMETERS.get(name, POSITIONAL):
            found[name] = len(given)
    assert found == {}
