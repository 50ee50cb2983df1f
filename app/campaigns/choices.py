"""What marketers pick from: kinds of campaigns, of costs, of channels and of fields. A new one is a line in the catalogue of texts."""

from __future__ import annotations

from app.kit import texts

GROUPS = ("kinds", "categories", "channels", "fields")
# To what a form may ask her to agree.
CONSENTS = ("dealer_sharing", "marketing")


def known(group: str) -> list[str]:
    """The keys of a group."""
    prefix = f"campaigns.{group}."
    return [key.removeprefix(prefix) for key in texts.catalogue() if key.startswith(prefix)]


def label(group: str, key: str) -> str:
    """What people read; the key itself where the catalogue lost it."""
    return texts.t(f"campaigns.{group}.{key}") if texts.has(f"campaigns.{group}.{key}") else key


def wrong(reason: str) -> str:
    """Why a field does not hold, in words."""
    return texts.t(f"campaigns.wrong.{reason}")


def told(problems: dict[str, str]) -> str:
    """Problems by field, each a reason in words, as one line: 开始日期（已经过去）、…"""
    return texts.listed(texts.t("lists.with", who=column(field), what=why) for field, why in problems.items())


def column(field: str) -> str:
    """What people call a field; labels of forms are words already."""
    return texts.t(f"campaigns.columns.{field}") if texts.has(f"campaigns.columns.{field}") else field
