"""What reconciliation refuses."""

from app.kit.errors import Conflict, Forbidden, NotFound


class FinanceOnly(Forbidden):
    code, message = "reconciliation.finance_only", "Only finance and administrators deal with differences."


class RunUnknown(NotFound):
    code, message = "reconciliation.run_unknown", "There is no such reconciliation."


class DifferenceUnknown(NotFound):
    code, message = "reconciliation.difference_unknown", "There is no such difference."


class DifferenceOver(Conflict):
    code, message = "reconciliation.difference_over", "This difference was resolved already, or has cleared by itself."


class ActionUnfit(Conflict):
    code, message = "reconciliation.action_unfit", "A difference of this kind is not resolved in this way."


class NothingHeard(Conflict):
    code, message = "reconciliation.nothing_heard", "WeChat Pay was asked, and the difference is still there."


class DayUnfit(Conflict):
    code, message = "reconciliation.day_unfit", "There is a bill from ten o'clock of the next day, and for three months."


class AlreadyRunning(Conflict):
    code, message = "reconciliation.already_running", "This day is being reconciled right now."
