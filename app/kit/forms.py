"""The settings of a kind: checked, named in Chinese when something is wrong, and described for the console to draw."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import Length, OneOf, Range

from app.kit.texts import t


class Form(Schema):
    """The settings of a kind. A field's metadata `label` and `hint` (what may stand there) are what marketers read when it is wrong."""

    error_messages = {"unknown": t("forms.unknown_field"), "type": t("forms.wrong")}

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        wrong = field_obj.metadata.get("hint") or t("forms.wrong")
        needed = t("forms.required")
        field_obj.error_messages = {
            code: needed if code in ("required", "null") else wrong for code in ("required", "null", *field_obj.error_messages)
        }
        for validator in field_obj.validators:
            if hasattr(validator, "error"):
                validator.error = wrong


def problems_of(form: type[Schema], config: Any) -> list[tuple[str, str]]:
    """(label of the field, what is wrong with it) for each field of a configuration that does not hold."""
    schema = form()
    found = []
    for name, messages in schema.validate(config).items():
        field = schema.fields.get(name)
        label = field.metadata.get("label", name) if field else name
        found += [(label, message) for message in (messages if isinstance(messages, list) else [_first(messages)])]
    return found


def _first(messages: Any) -> str:
    """Of a list of forms, each with messages of its own, the first message."""
    while isinstance(messages, dict | list):
        messages = next(iter(messages.values() if isinstance(messages, dict) else messages), t("forms.wrong"))
    return str(messages)


def drawn(form: type[Schema]) -> list[dict[str, Any]]:
    """What the console draws a form from: each field's name, label, type, whether it is needed, its choices and bounds.

    `when` is there where a field is asked only beside some values of others: their names with these values.
    """
    return [_drawn(name, field) for name, field in form().fields.items()]


def _drawn(name: str, field: fields.Field[Any]) -> dict[str, Any]:
    inner = field.inner if isinstance(field, fields.List) else field
    shown: dict[str, Any] = {
        "name": name,
        "label": field.metadata.get("label", name),
        "hint": field.metadata.get("hint"),
        "type": field.metadata.get("type") or _type(inner),
        "many": isinstance(field, fields.List),
        "required": field.required,
    }
    if "when" in field.metadata:
        shown["when"] = field.metadata["when"]
    for validator in inner.validators:
        if isinstance(validator, OneOf):
            labels = field.metadata.get("choices", {})
            shown["choices"] = [{"value": choice, "label": labels.get(choice, choice)} for choice in validator.choices]
        elif isinstance(validator, Range | Length):
            shown |= {"min": validator.min, "max": validator.max}
    if isinstance(inner, fields.Nested):
        shown["fields"] = drawn(inner.nested)  # type: ignore[arg-type]  # a form names the form inside it by its class
    return shown


def _type(field: fields.Field[Any]) -> str:
    known = (
        (fields.Nested, "form"), (fields.Boolean, "yes_or_no"), (fields.Integer, "integer"), (fields.Date, "date"), (fields.UUID, "id"),
        (fields.Raw, "plain"),
    )  # fmt: skip
    return field.metadata.get("type") or next((name for kind, name in known if isinstance(field, kind)), "text")
