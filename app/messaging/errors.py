"""What messaging refuses."""

from app.kit.errors import Conflict, Forbidden, Invalid, NotFound


class SendUnknown(NotFound):
    code, message = "messaging.send_unknown", "There is no such message."


class SenderUnknown(NotFound):
    code, message = "messaging.sender_unknown", "No such sender was ever stopped."


class TemplateUnknown(NotFound):
    code, message = "messaging.template_unknown", "There is no such template."


class TemplateTaken(Conflict):
    code, message = "messaging.template_taken", "This channel has a template of this key already."


class TemplateChanged(Conflict):
    code, message = "messaging.template_changed", "Somebody changed the template meanwhile."


class TemplateUnfit(Invalid):
    code, message = "messaging.template_unfit", "The template cannot be sent as it stands."


class ChannelUnknown(Invalid):
    code, message = "messaging.channel_unknown", "Nobody writes templates for such a channel."


class NothingToOverride(Conflict):
    code, message = "messaging.nothing_to_override", "The template holds no marketing words."


class AdministratorsOnly(Forbidden):
    code, message = "messaging.administrators_only", "Only administrators let marketing words pass."
