"""Share, open, and credit what comes of it."""

from app.sharing.service.crediting import credit, logged_in, touch
from app.sharing.service.passing_on import keep_code, open, share
from app.sharing.service.people import forget, merge

__all__ = ["credit", "forget", "keep_code", "logged_in", "merge", "open", "share", "touch"]
