"""`python -m bench NAME [--json]`: run one measurement and tell its figures."""

from __future__ import annotations

import argparse
import importlib
import inspect
import pkgutil

import bench
from bench import report


def names() -> dict[str, str]:
    """Bench → module: every module of this package that has a `run`; `import_` is called import."""
    found = {}
    for info in pkgutil.iter_modules(bench.__path__, "bench."):
        if not info.name.endswith("__main__") and hasattr(importlib.import_module(info.name), "run"):
            found[info.name.removeprefix("bench.").rstrip("_")] = info.name
    return found


def main() -> None:
    """Run the bench that the command line names and print its report."""
    modules = names()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", choices=sorted(modules))
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    parser.add_argument("--small", action="store_true", help="less of everything, to see that it runs; for benches that have a small way")
    parser.add_argument("--people", type=int, help="how many, for benches that are about people")
    parser.add_argument("--events", type=int, help="how many of theirs, for benches that look at them")
    parser.add_argument("--fill", metavar="DIR", help="only fill a database that stays there; for benches whose filling takes long")
    parser.add_argument("--measure", metavar="DIR", help="measure on what --fill left there")
    parser.add_argument("--part", help="which of its parts, for benches that have some")
    asked = parser.parse_args()
    run = importlib.import_module(modules[asked.name]).run
    known = inspect.signature(run).parameters
    done = run(
        **{
            name: getattr(asked, name)
            for name in ("small", "people", "events", "fill", "measure", "part")
            if getattr(asked, name) and name in known
        }
    )
    print(report.as_json(asked.name, done) if asked.json else report.as_table(asked.name, done))


if __name__ == "__main__":
    main()
