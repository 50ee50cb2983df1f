"""What the console refuses; what lies outside a staff member's scope is not there for her."""

from __future__ import annotations

from app.kit.errors import Conflict, Forbidden, NotFound, Unavailable


class CustomerUnknown(NotFound):
    code, message = "console.customer_unknown", "No such customer, or not one of yours."


class RefundUnknown(NotFound):
    code, message = "console.refund_unknown", "No such refund of this brand."


class RunUnknown(NotFound):
    code, message = "console.run_unknown", "There is no such failure any more."


class AdministratorsOnly(Forbidden):
    code, message = "console.administrators_only", "Only administrators of the brand look behind the platform."


class QueueSilent(Unavailable):
    code, message = "console.queue_silent", "The queue does not answer; what is due is found by the sweeps."


class ViewUnknown(NotFound):
    code, message = "console.view_unknown", "No such view, or not one that you may see."


class NotYourView(Forbidden):
    code, message = "console.not_your_view", "Only who keeps this view may change it."


class ViewNameTaken(Conflict):
    code, message = "console.view_name_taken", "You have a view of this list with this name."


class TooManyViews(Conflict):
    code, message = "console.too_many_views", "You keep as many views as you can; remove one first."
