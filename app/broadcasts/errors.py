"""What broadcasts refuse."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound


class BroadcastUnknown(NotFound):
    code, message = "broadcasts.unknown", "There is no such broadcast."


class MarketersOnly(Forbidden):
    code, message = "broadcasts.marketers_only", "Only marketers and administrators write to many."


class NotEditable(Conflict):
    code, message = "broadcasts.not_editable", "Only a draft can be changed; take it back first."


class StepImpossible(Conflict):
    code, message = "broadcasts.step_impossible", "The broadcast cannot take this step as it stands."


class NobodyToTell(Conflict):
    code, message = "broadcasts.nobody", "Nobody is in the audience."


class LadderUnfit(Invalid):
    code, message = "broadcasts.ladder_unfit", "A way of the ladder cannot be taken."


class AudienceUnfit(Invalid):
    code, message = "broadcasts.audience_unfit", "The audience cannot be found."


class TimeUnfit(Invalid):
    code, message = "broadcasts.time_unfit", "This time cannot be planned for."
