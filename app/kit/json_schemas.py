"""The settings of a kind as JSON Schema (draft 2020-12), with what a form needs besides: titles, named choices, and pickers."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, missing
from marshmallow.validate import Length, OneOf, Range, Regexp

# What stands in such a field is the name of something that is kept elsewhere: the console offers it to pick from.
REFERENCES = frozenset({"tag", "segment", "event", "template", "channel", "journey", "store", "known_date", "time_zone", "attribute"})
# What has a form of its own that JSON Schema does not say.
EDITORS = frozenset({"tree", "condition", "where", "where_value"})

_TYPES: tuple[tuple[type[Any], dict[str, Any]], ...] = (
    (fields.Boolean, {"type": "boolean"}),
    (fields.Integer, {"type": "integer"}),
    (fields.Number, {"type": "number"}),
    (fields.UUID, {"type": "string", "format": "uuid"}),
    (fields.Time, {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
    (fields.DateTime, {"type": "string", "format": "date-time"}),
    (fields.Date, {"type": "string", "format": "date"}),
    (fields.Dict, {"type": "object"}),
    (fields.String, {"type": "string"}),
)


def json_schema(form: type[Schema]) -> dict[str, Any]:
    """What a form takes. `x-reference` names what a picker offers (`x-channel`, `x-channel-field`: templates of that channel alone),
    `x-editor` a form that is not drawn from this.
    """
    own = form().fields
    told: dict[str, Any] = {"type": "object", "properties": {name: _property(field) for name, field in own.items()}}
    return told | {"required": [name for name, field in own.items() if field.required], "additionalProperties": False}


def _property(field: fields.Field[Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"title": field.metadata.get("label", "")}
    if hint := field.metadata.get("hint"):
        told["description"] = hint
    if isinstance(field, fields.List):
        told |= {"type": "array", "items": _value(field.inner, field.metadata)} | _lengths(field, "minItems", "maxItems")
    else:
        told |= _value(field, field.metadata)
    if field.allow_none:
        told = _or_nothing(told)
    default = field.load_default() if callable(field.load_default) else field.load_default
    if default is not missing:
        told["default"] = _plain(field, default)
    return told


def _value(field: fields.Field[Any], said: Any) -> dict[str, Any]:
    if isinstance(field, fields.Nested):
        return json_schema(field.nested)  # type: ignore[arg-type]  # a form names the form inside it by its class
    told: dict[str, Any] = dict(next((form for kind, form in _TYPES if isinstance(field, kind)), {}))
    meant = said.get("type")
    if meant in REFERENCES:
        told["x-reference"] = meant
        told |= {f"x-{name.replace('_', '-')}": said[name] for name in ("channel", "channel_field") if name in said}
    elif meant in EDITORS:
        told["x-editor"] = meant
    for validator in field.validators:
        if isinstance(validator, OneOf) and "x-reference" not in told:
            names = said.get("choices", {})
            told["oneOf"] = [{"const": choice, "title": names.get(choice, str(choice))} for choice in validator.choices]
        elif isinstance(validator, Range):
            told |= _bounds("minimum", validator.min, "maximum", validator.max)
        elif isinstance(validator, Regexp):
            told["pattern"] = "^" + str(validator.regex.pattern).removesuffix(r"\Z") + "$"
    return told | (_lengths(field, "minLength", "maxLength") if told.get("type") == "string" else {})


def _lengths(field: fields.Field[Any], least: str, most: str) -> dict[str, Any]:
    return {
        key: value for one in field.validators if isinstance(one, Length) for key, value in _bounds(least, one.min, most, one.max).items()
    }


def _bounds(least: str, smallest: Any, most: str, largest: Any) -> dict[str, Any]:
    return {key: value for key, value in ((least, smallest), (most, largest)) if value is not None}


def _or_nothing(told: dict[str, Any]) -> dict[str, Any]:
    if "type" in told:
        told["type"] = [told["type"], "null"]
    if "oneOf" in told:
        told["oneOf"] = [*told["oneOf"], {"const": None, "title": ""}]
    return told


def _plain(field: fields.Field[Any], default: Any) -> Any:
    """A default as it would stand in the JSON."""
    if isinstance(field, fields.Time | fields.DateTime | fields.Date | fields.UUID) and default is not None:
        return field.serialize("value", {"value": default})
    if isinstance(field, fields.Nested) and default is not None:
        return {name: _plain(inner, default.get(name)) for name, inner in field.schema.fields.items()}
    return default
