"""What audience refuses."""

from app.kit.errors import Conflict, NotFound


class TagUnknown(NotFound):
    code, message = "audience.tag_unknown", "There is no such tag."


class TagByRule(Conflict):
    code, message = "audience.tag_by_rule", "This tag follows what happens; nobody gives or takes it by hand."


class CustomerUnknown(NotFound):
    code, message = "audience.customer_unknown", "There is no such customer."
