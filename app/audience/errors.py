"""What audience refuses."""

from app.kit.errors import NotFound


class TagUnknown(NotFound):
    code, message = "audience.tag_unknown", "There is no such tag."


class CustomerUnknown(NotFound):
    code, message = "audience.customer_unknown", "There is no such customer."
