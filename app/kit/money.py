"""Money is an integer number of fen; this is how it is shown."""

from __future__ import annotations


def yuan(fen: int) -> str:
    """¥1,234 or ¥1,234.50: the cents only when there are any."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    whole, cents = divmod(fen, 100)
    return f"{sign}¥{whole:,}" + (f".{cents:02d}" if cents else "")
