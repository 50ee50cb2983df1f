"""What sharing refuses."""

from app.kit.errors import Invalid, NotFound, Unavailable


class ShareUnknown(NotFound):
    code, message = "sharing.unknown", "There is no such share."


class NothingToShare(Invalid):
    code, message = "sharing.nothing_to_share", "This kind of share needs other fields."


class CodeUnavailable(Unavailable):
    code, message = "sharing.code_unavailable", "WeChat gives no mini-program code at the moment."


class NoPoster(Invalid):
    code, message = "sharing.no_poster", "There are posters of vehicles only."


class PosterUnknown(NotFound):
    code, message = "sharing.poster_unknown", "There is no such poster."
