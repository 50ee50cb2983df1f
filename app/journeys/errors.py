"""What journeys refuse."""

from app.kit.errors import Conflict, Invalid, NotFound


class JourneyUnknown(NotFound):
    code, message = "journeys.unknown", "There is no such journey."


class GraphInvalid(Invalid):
    """`details.problems` is a list of {node, field, message}; the messages are zh-CN."""

    code, message = "journeys.graph_invalid", "The journey cannot be published: its graph has problems."


class NotRunning(Conflict):
    code, message = "journeys.not_running", "Only a running journey can be paused."


class NotPaused(Conflict):
    code, message = "journeys.not_paused", "Only a paused journey can be resumed."


class NotStuck(Conflict):
    code, message = "journeys.not_stuck", "Only a stuck walk can be tried again."
