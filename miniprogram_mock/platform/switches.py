"""What an operator switches in Tencent's consoles, per account; declared beside what it changes, and switched while the simulator runs.

    PUSH_FORMAT = switch("push_format", "xml", "the format of the message push", choices=("xml", "json"))
    platform.switches[account.appid, PUSH_FORMAT]

An account of `world.json` may begin with other values in its `switches`.
"""

import json
from dataclasses import dataclass
from typing import Any

from miniprogram_mock.platform.store import Store, declare

declare("CREATE TABLE IF NOT EXISTS switches (account TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (account, name))")


@dataclass(frozen=True)
class Switch:
    """`default` also gives the type: true or false, a number, a text (maybe one of `choices`), a list."""

    name: str
    default: Any
    what: str
    choices: tuple[Any, ...]

    def takes(self, value: Any) -> bool:
        return type(value) is type(self.default) and (not self.choices or value in self.choices)


DECLARED: dict[str, Switch] = {}


def switch(name: str, default: Any, what: str, *, choices: tuple[Any, ...] = ()) -> str:
    """Declare a switch that every account has, and give its name."""
    assert name not in DECLARED, f"the switch {name} is declared twice"
    DECLARED[name] = Switch(name, default, what, choices)
    return name


class Switches:
    """How every account's switches stand; what was switched survives a restart."""

    def __init__(self, store: Store, begin: dict[str, dict[str, Any]]) -> None:
        """`begin`: how the world says that they stand at first, by account."""
        self._store, self._begin = store, begin
        self._set = {(row["account"], row["name"]): json.loads(row["value"]) for row in store.all("SELECT * FROM switches")}

    def __getitem__(self, of: tuple[str, str]) -> Any:
        """By the id of the account (appid, corpid or mchid) and the name of the switch."""
        account, name = of
        if of in self._set:
            return self._set[of]
        return self._begin.get(account, {}).get(name, DECLARED[name].default)

    def set(self, account: str, name: str, value: Any) -> None:
        """Raises KeyError for an unknown name and ValueError for a value that the switch does not take."""
        if not DECLARED[name].takes(value):
            raise ValueError(name)
        self._set[account, name] = value
        self._store.run("INSERT OR REPLACE INTO switches VALUES (?, ?, ?)", account, name, json.dumps(value))

    def of(self, account: str) -> dict[str, Any]:
        return {name: self[account, name] for name in sorted(DECLARED)}
