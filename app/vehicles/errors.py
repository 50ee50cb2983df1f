"""What vehicles refuse."""

from __future__ import annotations

from app.kit import texts
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


class NoPlan(NotFound):
    code, message = "vehicles.no_plan", "No finance plan is for this vehicle today."


class PlanUnfit(Invalid):
    code, message = "vehicles.plan_unfit", "This finance plan is not for this vehicle, or not today."


class PlanInvalid(Invalid):
    code, message = "vehicles.plan_invalid", "This finance plan does not hold; nothing was changed."


class FinanceImpossible(Invalid):
    code, message = "vehicles.finance_impossible", "This down payment does not go with this plan and price."


class MappingInvalid(Invalid):
    code, message = "vehicles.mapping_invalid", "This mapping does not hold, or does not fit the file."


class FeedRefused(Invalid):
    code, message = "vehicles.feed_refused", "This feed cannot be taken over; nothing was changed."


class PhotoUnknown(NotFound):
    code, message = "vehicles.photo_unknown", "This vehicle has no such photograph."


class PhotoRefused(Invalid):
    code, message = "vehicles.photo_refused", "This file cannot be a photograph of a vehicle."

    @classmethod
    def because(cls, reason: str) -> PhotoRefused:
        """`reason` is a key of `vehicles.photo_refused` in the catalogue."""
        return cls(photo=reason, reason=texts.t(f"vehicles.photo_refused.{reason}"))


class PhotosMoved(Conflict):
    code, message = "vehicles.photos_moved", "These are not all photographs of the vehicle; look again."


class TooManyPhotos(Conflict):
    code, message = "vehicles.too_many_photos", "This vehicle has as many photographs as it may have."


class FeedHeld(Conflict):
    code, message = "vehicles.feed_held", "This feed would take more than half of a dealer's cars off sale; a person has to say yes first."
