"""Share, open, and credit what comes of it."""

from app.sharing.service.crediting import credit, logged_in, touch
from app.sharing.service.passing_on import keep_code, open, share
from app.sharing.service.people import forget, merge
from app.sharing.service.showing import as_made, as_opened

__all__ = ["as_made", "as_opened", "credit", "forget", "keep_code", "logged_in", "merge", "open", "share", "touch"]
