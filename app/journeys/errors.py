"""What journeys refuse."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound


class JourneyUnknown(NotFound):
    code, message = "journeys.unknown", "There is no such journey."


class MarketersOnly(Forbidden):
    code, message = "journeys.marketers_only", "Only marketers and administrators draw and run journeys."


class GraphInvalid(Invalid):
    """`details.problems` is a list of {node, field, message}; the messages are zh-CN."""

    code, message = "journeys.graph_invalid", "The journey cannot be published: its graph has problems."


class NotRunning(Conflict):
    code, message = "journeys.not_running", "Only a running journey can be paused."


class NotPaused(Conflict):
    code, message = "journeys.not_paused", "Only a paused journey can be resumed."


class NotStuck(Conflict):
    code, message = "journeys.not_stuck", "Only a stuck walk can be tried again."


class WalkUnknown(NotFound):
    code, message = "journeys.walk_unknown", "The journey has no such walk."


class NotInside(Conflict):
    code, message = "journeys.not_inside", "She is not inside the journey any more; `details.status` says how it ended."


class JourneyOver(Conflict):
    code, message = "journeys.over", "The journey was cancelled, for good."


class NotArchivable(Conflict):
    code, message = "journeys.not_archivable", "Only a journey that never ran or was cancelled can be put away."


class NotDeletable(Conflict):
    code, message = "journeys.not_deletable", "Only a journey that was never published can be deleted."


class DraftChanged(Conflict):
    """`details` say which revision there is, who saved it and when."""

    code, message = "journeys.draft_changed", "Somebody else has saved this draft meanwhile."


class DraftUnfit(Invalid):
    code, message = "journeys.draft_unfit", "This cannot be kept as a draft."


class WarningsOpen(Conflict):
    """`details.warnings` is a list of {code, node, message}; the messages are zh-CN."""

    code, message = "journeys.warnings_open", "There are warnings that nobody has accepted."


class VersionUnknown(NotFound):
    code, message = "journeys.version_unknown", "The journey has no such version."


class PlacesMissing(Invalid):
    """`details.nodes` are those on which people stand and of which nothing is said."""

    code, message = "journeys.places_missing", "It is not said where the people go who stand on these nodes."


class PlaceUnknown(Invalid):
    code, message = "journeys.place_unknown", "The version has no such node to which people could go."


class KindUnknown(Invalid):
    code, message = "journeys.kind_unknown", "There is no such kind; `details.kind` names it."


class NoTester(Conflict):
    code, message = "journeys.no_tester", "Nobody has said which customer you are; enter the code in the mini-program first."


class CodeUnknown(NotFound):
    code, message = "journeys.code_unknown", "There is no such code, or its time is over."


class NoTest(NotFound):
    code, message = "journeys.no_test", "You walk no test of this journey."


class WayUnknown(Invalid):
    code, message = "journeys.way_unknown", "No such way leads out of where you stand; `details.port` names it."


class TestRefused(Conflict):
    code, message = "journeys.test_refused", "The journey's own rules let you not in; `details.words` says why."


class KeyTaken(Conflict):
    code, message = "journeys.key_taken", "Another journey has this key."


class FileUnfit(Invalid):
    """`details` name the field of the file that does not hold."""

    code, message = "journeys.file_unfit", "This is not a journey's file."


class TemplateUnknown(NotFound):
    code, message = "journeys.template_unknown", "There is no such template of a journey."


class NothingPublished(Conflict):
    code, message = "journeys.nothing_published", "Nobody can enter a journey of which nothing is published, or that was cancelled."


class NotCalledFor(Conflict):
    code, message = "journeys.not_called_for", "The journey has no trigger that lets other systems let people in."


class FanOutUnknown(NotFound):
    code, message = "journeys.fan_out_unknown", "There is no such enrolment."


class FanOutOver(Conflict):
    code, message = "journeys.fan_out_over", "The enrolment cannot do that now; `details.status` says how it stands."


class TaskUnknown(NotFound):
    code, message = "journeys.task_unknown", "There is no such task."


class TaskNotYours(Forbidden):
    code, message = "journeys.task_not_yours", "Another member of staff was asked to do this."


class TaskEnded(Conflict):
    code, message = "journeys.task_ended", "The time for this task is over; `details.status` says how it stands."


class InTheWay(Conflict):
    code, message = "journeys.in_the_way", "Something is being done to this customer just now; ask again."
