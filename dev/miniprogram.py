"""Check the mini-program without running it: our rules, WeChat's own compilers, and types. Each breach is named with file and line."""

import re
import subprocess
import sys
from collections.abc import Container, Iterator, Sequence
from pathlib import Path

from dev import node
from dev.environment import ROOT
from dev.steps import StepFailed, step

SOURCES = ROOT / "miniprogram_mock" / "miniprogram"
WEB = ROOT / node.PHONE
LINT = ROOT / "dev" / "miniprogram_lint"
# The phone's elements are the browser's with properties of our own, about which the checker knows nothing; names,
# modules and numbers of arguments it does know.
OWN_PROPERTIES = {"TS2322", "TS2339", "TS2345", "TS2353", "TS2591"}
PROJECTS: dict[str, set[str]] = {"tsconfig.miniprogram.json": set(), "tsconfig.json": OWN_PROPERTIES}


def check() -> None:
    """Everything, in the order of its cost; StepFailed with all that was found."""
    node.phone(ROOT, whole=True)
    found: list[str] = []
    with step("The mini-program's rules"):
        found += lint(SOURCES)
    with step("WeChat's compilers: WXML, WXSS"):
        found += compile_all(SOURCES)
    with step("Types of the mini-program and of the phone"):
        for project, borne in PROJECTS.items():
            found += types(WEB / project, borne)
    if found:
        raise StepFailed("\n".join([*(line.removeprefix(f"{ROOT}/") for line in found), f"{len(found)} to mend"]))


def lint(sources: Path) -> list[str]:
    """What our own rules say about a mini-program."""
    return _lines([_node(), str(LINT), str(sources), str(WEB / "wx")])


def compile_all(sources: Path) -> list[str]:
    """What `wcc` and `wcsc` say. Both stop at the first fault, so each file is compiled by itself, with those it may include."""
    found: dict[str, None] = {}
    for command, suffix, included in [
        ([_compiler("wcc"), "-d", "-cc", "0"], ".wxml", ".wxs"),
        ([_compiler("wcsc"), "-lc", "-db", "-pc", "0"], ".wxss", ".wxss"),
    ]:
        others = [str(file.relative_to(sources)) for file in sorted(sources.rglob(f"*{included}"))]
        for file in sorted(sources.rglob(f"*{suffix}")):
            name = str(file.relative_to(sources))
            whole = [*command, name, *(other for other in others if other != name)]
            done = subprocess.run(whole, cwd=sources, capture_output=True, text=True)
            if done.returncode:
                found |= dict.fromkeys(f"{sources}/{line}" for line in _readable(done.stderr, name))
    return list(found)


def types(project: Path, borne: Container[str] = ()) -> list[str]:
    """What the type checker says about the sources of one tsconfig, but for the kinds of error that are borne."""
    found = _lines([_node(), str(WEB / "node_modules" / "typescript" / "bin" / "tsc"), "--pretty", "false", "-p", str(project)])
    errors = [re.match(r"(\S+)\((\d+),(\d+)\): error (\w+): (.*)", line) for line in found]
    return [f"{one[1]}:{one[2]}:{one[3]}: {one[5]} ({one[4]})" for one in errors if one and one[4] not in borne]


def _readable(complaint: str, name: str) -> Iterator[str]:
    """A compiler's complaint as lines that begin with file and line; `wcsc` writes `ERR: file(3:1): …`."""
    for line in complaint.splitlines():
        text = re.sub(r"^ERR: (\S+?)\((\d+):(\d+)\)", r"\1:\2:\3", line)
        if text.strip() and not text.startswith("error file count"):
            yield text if re.match(r"\S+:\d+:", text) else f"{name}:1: {text}"


def _compiler(name: str) -> str:
    """One of WeChat's compilers; StepFailed where its program cannot run."""
    folder = {"linux": "linux", "darwin": "mac"}.get(sys.platform, "windows")
    program = WEB / "node_modules" / "miniprogram-compiler" / "bin" / folder / name
    try:
        program.chmod(0o755)
        subprocess.run([program, "-h"], capture_output=True)
    except OSError as error:
        raise StepFailed(f"WeChat's {name} does not run on this machine ({error}); it is made for x86-64 with libstdc++") from error
    return str(program)


def _node() -> str:
    return str(node.node_folder() / "node")


def _lines(command: Sequence[str]) -> list[str]:
    """What a checker printed, line by line; nothing when it is content."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode and not done.stdout.strip():
        raise StepFailed(f"{' '.join(command)} failed (exit {done.returncode}):\n{done.stderr}")
    return done.stdout.splitlines() if done.returncode else []
