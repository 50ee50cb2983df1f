"""The console is compiled against what the app says of its doors."""

import pytest

from dev.api_types import of, typescript


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string", "format": "date-time"}, "string"),
        ({"type": ["integer", "null"]}, "number | null"),
        ({"type": "string", "enum": ["a", "b"]}, '"a" | "b"'),
        ({"type": ["string", "null"], "enum": ["a"]}, '"a" | null'),
        ({"type": "array", "items": {"$ref": "#/components/schemas/dealers.StoreOut"}}, '(Schemas["dealers.StoreOut"])[]'),
        ({"anyOf": [{"$ref": "#/components/schemas/A"}, {"type": "null"}]}, 'Schemas["A"] | null'),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, "Record<string, number>"),
        ({"type": "object"}, "Record<string, unknown>"),
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, '{ "a": string; "b"?: unknown }'),
    ],
)
def test_what_a_schema_lets_through_is_what_the_console_reads(schema: dict, expected: str):
    assert of(schema) == expected


def test_each_schema_is_a_member_under_its_own_name():
    told = typescript({"components": {"schemas": {"b.B": {"type": "string"}, "a.A": {"type": "boolean"}}}})

    assert '  "a.A": boolean;\n  "b.B": string;\n' in told
