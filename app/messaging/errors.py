"""What messaging refuses."""

from app.kit.errors import NotFound


class SendUnknown(NotFound):
    code, message = "messaging.send_unknown", "There is no such message."


class SenderUnknown(NotFound):
    code, message = "messaging.sender_unknown", "No such sender was ever stopped."
