"""What may go wrong on purpose: one base class and its few general children."""

from __future__ import annotations

from typing import Any


class AppError(Exception):
    """A refusal with a stable code. `status` is HTTP's; `details` names the fields and may hold no personal data.

    A domain subclasses one of the children below and sets `code` ("orders.not_on_sale") and `message` (English, for logs and
    the API's documentation). What people read is the catalogue's entry `errors."<code>"`.
    """

    status = 500
    code = "internal"
    message = "Something went wrong on our side."

    def __init__(self, message: str | None = None, **details: Any) -> None:
        self.message = message or self.message
        self.details = details
        super().__init__(f"{self.code}: {self.message}")


class BadRequest(AppError):
    status, code, message = 400, "request.bad", "The request cannot be understood."


class Unauthorized(AppError):
    status, code, message = 401, "auth.required", "Please sign in."


class Forbidden(AppError):
    status, code, message = 403, "auth.forbidden", "You may not do this."


class NotFound(AppError):
    status, code, message = 404, "request.not_found", "There is no such thing."


class Conflict(AppError):
    status, code, message = 409, "request.conflict", "This cannot be done now."


class Gone(AppError):
    status, code, message = 410, "request.gone", "This is no longer available."


class Invalid(AppError):
    status, code, message = 422, "request.invalid", "Some fields are not right."


class TooMany(AppError):
    status, code, message = 429, "request.too_many", "Too many requests; please wait a moment."


class Unavailable(AppError):
    status, code, message = 503, "request.unavailable", "This is not available at the moment; please try again."
