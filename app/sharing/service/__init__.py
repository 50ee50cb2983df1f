"""Share, open, and credit what comes of it."""

from app.sharing.service.crediting import credit, logged_in, touch
from app.sharing.service.passing_on import is_machine, keep_code, open, share
from app.sharing.service.people import forget, merge
from app.sharing.service.posters import ask_for_poster, file_name, make_due_posters, poster_of
from app.sharing.service.showing import as_made, as_opened

__all__ = [
    "as_made",
    "as_opened",
    "ask_for_poster",
    "credit",
    "file_name",
    "forget",
    "is_machine",
    "keep_code",
    "logged_in",
    "make_due_posters",
    "merge",
    "open",
    "poster_of",
    "share",
    "touch",
]
