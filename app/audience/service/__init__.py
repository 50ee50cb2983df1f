"""Verbs of who: tags and segments."""

from app.audience.service.tags import (
    DEFAULT_RULES,
    DEFAULT_TAGS,
    Decision,
    add,
    apply_rules,
    decide,
    define,
    forget,
    install_defaults,
    merge,
    remove,
    rule,
)

__all__ = [
    "DEFAULT_RULES",
    "DEFAULT_TAGS",
    "Decision",
    "add",
    "apply_rules",
    "decide",
    "define",
    "forget",
    "install_defaults",
    "merge",
    "remove",
    "rule",
]
