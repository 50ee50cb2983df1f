"""What may stand in a template: every value by the type of its key (spec 1.8, 2.3)."""

import re
from typing import Any

from miniprogram_mock.platform.endpoints import Call
from miniprogram_mock.platform.errcode import Refusal
from miniprogram_mock.platform.limits import limit
from miniprogram_mock.platform.shapes import Anything, Map, Object, Text
from miniprogram_mock.platform.store import Row
from miniprogram_mock.platform.values import is_valid

LEGACY_CHARACTERS = limit("template.legacy_value_characters", 200, "[K], not verified: templates by industry, whose keys have no type")
# Filtered out of every template since 2023-05-04, without an error; so are colours.
_FILTERED = ("first", "remark")
_LEGACY_KEY = re.compile(r"keyword\d+")
DATA = Map(Object({"value": Anything(), "color": Text(least=0)}), required=True, missing=47003)


def checked_values(call: Call, template: Row) -> list[dict[str, str]]:
    """The body's `data` as it is shown; 47003 names the first value that is missing, unknown or breaks its type's rule."""
    data: dict[str, Any] = call.data["data"]
    fields: dict[str, str] = template["fields"]
    for key in data:
        if key not in fields and key not in _FILTERED:
            raise Refusal(47003, f"argument invalid! data.{key} is not in the template")
    shown = []
    for key, label in fields.items():
        if key in _FILTERED:
            continue
        value = data.get(key, {}).get("value")
        if value is None or value == "":
            raise Refusal(47003, f"argument invalid! data.{key}.value is empty")
        if not isinstance(value, str) or not _may_stand(call, key, value, template["choices"].get(key)):
            raise Refusal(47003, f"argument invalid! data.{key}.value invalid")
        shown.append({"key": key, "label": label, "value": value})
    return shown


def _may_stand(call: Call, key: str, value: str, choices: list[str] | None) -> bool:
    if _LEGACY_KEY.fullmatch(key):
        return len(value) <= call.platform.limits[LEGACY_CHARACTERS] and "\n" not in value and "\r" not in value
    return is_valid(key, value, choices)
