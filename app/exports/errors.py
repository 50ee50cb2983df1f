"""What exports refuse."""

from __future__ import annotations

from app.kit.errors import Conflict, NotFound


class ExportUnknown(NotFound):
    code, message = "exports.unknown", "There is no such file of yours."


class ExportOver(Conflict):
    code, message = "exports.over", "This file is no longer being written."


class ExportNotThere(Conflict):
    code, message = "exports.not_there", "There is nothing to fetch: the file is not finished, or it is gone again."


class TooManyExports(Conflict):
    code, message = "exports.too_many", "Wait until one of your files is finished."


class ExportTooLong(Conflict):
    code, message = "exports.too_long", "The file would be too long; ask for less."
