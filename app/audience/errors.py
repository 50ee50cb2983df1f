"""What audience refuses."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound


class TagUnknown(NotFound):
    code, message = "audience.tag_unknown", "There is no such tag."


class TagByRule(Conflict):
    code, message = "audience.tag_by_rule", "This tag follows what happens; nobody gives or takes it by hand."


class CustomerUnknown(NotFound):
    code, message = "audience.customer_unknown", "There is no such customer."


class TagArchived(Conflict):
    code, message = "audience.tag_archived", "This tag was put away; it is given to nobody any more."


class TagInUse(Conflict):
    code, message = "audience.tag_in_use", "Something stands on this tag; `used_by` says what."


class TagTaken(Conflict):
    code, message = "audience.tag_taken", "The brand has a tag of this key already."


class ValueUnfit(Invalid):
    code, message = "audience.value_unfit", "The tag has no value, or none like this."


class FolderUnknown(NotFound):
    code, message = "audience.folder_unknown", "There is no such folder of tags."


class RuleUnknown(NotFound):
    code, message = "audience.rule_unknown", "This tag has no such rule."


class EventUnknown(Invalid):
    code, message = "audience.event_unknown", "There is no such event."


class BehaviourInvalid(Invalid):
    code, message = "audience.behaviour_invalid", "What this tag is to count does not hold; `fields` say where."


class MarketersOnly(Forbidden):
    code, message = "audience.marketers_only", "Only the brand's marketers and administrators do this."


class PeopleRunUnknown(NotFound):
    code, message = "audience.people_run_unknown", "There is no such file."


class PeopleFileRefused(Invalid):
    code, message = "audience.people_file_refused", "This file cannot be taken over; nothing was changed."


class PeopleFileTooLong(Invalid):
    code, message = "audience.people_file_too_long", "The file is empty, or longer than may be handed in."


class RunNotUndone(Conflict):
    code, message = "audience.run_not_undone", "Only a run of tags that is done can be taken back."


class LinkUnknown(NotFound):
    code, message = "audience.link_unknown", "The brand has no such account, or the tag is not synced with it."


class LinkUnfit(Invalid):
    code, message = "audience.link_unfit", "The name of the tag is too long there."


class SegmentUnknown(NotFound):
    code, message = "audience.segment_unknown", "There is no such segment."


class SegmentWrong(Invalid):
    """`problems` says where, which field, and what is wrong, for people to read."""

    code, message = "audience.segment_wrong", "The conditions of this segment do not hold together."


class SegmentKeyTaken(Conflict):
    code, message = "audience.segment_key_taken", "The brand has a segment of this key already."


class SegmentCircle(Conflict):
    code, message = "audience.segment_circle", "A segment may not ask about itself, by whatever way."


class SegmentUsed(Conflict):
    code, message = "audience.segment_used", "Something stands on this segment; `names` says what."


class SegmentArchived(Conflict):
    code, message = "audience.segment_archived", "This segment is no longer kept up."


class SegmentFixed(Conflict):
    code, message = "audience.segment_fixed", "A snapshot stays as it is; copy it to change it."


class SegmentChanged(Conflict):
    code, message = "audience.segment_changed", "Somebody else saved this segment meanwhile."


class TooSlow(Conflict):
    code, message = "audience.too_slow", "This asks for more than can be found while somebody waits."
