"""The shapes of our HTTP API as TypeScript, from its own description, so that the console does not compile with an API that it misreads.

Ours, and not openapi-typescript: that one needs the compiler interface of TypeScript 5, which the console's compiler has no more.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from dev.environment import complete
from dev.steps import digest, kept, run

HEADER = """/** Made by `python -m dev console` from the description of the API; nobody edits it, and git does not keep it. */
"""
PREFIX = "#/components/schemas/"
PLAIN = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"}

NOWHERE = {"database_url": "postgresql+psycopg://nobody@127.0.0.1/none", "redis_url": "redis://127.0.0.1/0"}

Described = dict[str, Any]


def refresh(root: Path) -> None:
    """Bring the console's `schema.ts` up to date with the app, which tells of its doors without a database or a queue."""
    var, target = root / "var", root / "console" / "src" / "api" / "schema.ts"
    description, stamp = var / "openapi.json", var / "api-types.stamp"
    sources = digest(sorted([Path(__file__), *(root / "app").rglob("*.py")]))
    if kept(stamp) == sources and target.exists():
        return
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "spec", "--quiet", "--output", str(description)]
    run("Types of the API", command, log=var / "log" / "api-types.log", cwd=root, env=complete(os.environ, var, **NOWHERE))
    target.write_text(typescript(json.loads(description.read_text())))
    stamp.write_text(sources)


def typescript(description: Described) -> str:
    """One interface whose members are the API's schemas, each under the name that it has in the description."""
    schemas = description["components"]["schemas"]
    members = "".join(f"  {json.dumps(name)}: {of(schemas[name])};\n" for name in sorted(schemas))
    return f"{HEADER}export interface Schemas {{\n{members}}}\n"


def of(schema: Described) -> str:
    """The type of what a schema lets through; `unknown` where it says nothing."""
    if "$ref" in schema:
        return f"Schemas[{json.dumps(schema['$ref'].removeprefix(PREFIX))}]"
    for union in ("anyOf", "oneOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(of(one) for one in schema[union]))
    kinds = [schema["type"]] if isinstance(schema.get("type"), str) else schema.get("type", [])
    if "enum" in schema:
        words = [json.dumps(one, ensure_ascii=False) for one in schema["enum"]] + ["null"] * ("null" in kinds)
        return " | ".join(dict.fromkeys(words)) or "never"
    return " | ".join(_of_kind(kind, schema) for kind in kinds) or "unknown"


def _of_kind(kind: str, schema: Described) -> str:
    if kind == "array":
        return f"({of(schema.get('items', {}))})[]"
    if kind == "object":
        return _object(schema)
    return PLAIN[kind]


def _object(schema: Described) -> str:
    if not schema.get("properties"):
        others = schema.get("additionalProperties", True)
        return f"Record<string, {of(others) if isinstance(others, dict) else 'unknown' if others else 'never'}>"
    required = schema.get("required", [])
    members = (f"{json.dumps(name)}{'' if name in required else '?'}: {of(one)}" for name, one in schema["properties"].items())
    return f"{{ {'; '.join(members)} }}"
