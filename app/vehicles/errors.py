"""What vehicles refuse."""

from app.kit.errors import Conflict, Gone, Invalid, NotFound


class VehicleUnknown(NotFound):
    code, message = "vehicles.unknown", "There is no such vehicle."


class VehicleGone(Gone):
    code, message = "vehicles.gone", "This vehicle is no longer on sale; similar ones are in the details."


class PictureUnknown(NotFound):
    code, message = "vehicles.picture_unknown", "There is no such picture."


class NotOnSale(Conflict):
    code, message = "vehicles.not_on_sale", "This vehicle cannot be reserved now."


class NotHeld(Conflict):
    code, message = "vehicles.not_sellable", "Only a listed or a reserved vehicle can be sold."


class PlanUnknown(NotFound):
    code, message = "vehicles.plan_unknown", "There is no such finance plan."


class FinanceImpossible(Invalid):
    code, message = "vehicles.finance_impossible", "This down payment does not go with this plan and price."


class MappingInvalid(Invalid):
    code, message = "vehicles.mapping_invalid", "This mapping does not hold, or does not fit the file."


class FeedRefused(Invalid):
    code, message = "vehicles.feed_refused", "This feed cannot be taken over; nothing was changed."
