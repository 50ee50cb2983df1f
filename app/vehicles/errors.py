"""What vehicles refuse."""

from __future__ import annotations

from app.kit import texts
from app.kit.errors import Conflict, Forbidden, Gone, Invalid, NotFound


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


class PlansForFinance(Forbidden):
    code, message = (
        "vehicles.plans_for_finance",
        "Only headquarters look at finance plans, and only finance or an administrator changes them.",
    )


class PlanFixed(Conflict):
    code, message = "vehicles.plan_fixed", "A published plan stays as it was; draft the next version of it."


class PlanOver(Conflict):
    code, message = "vehicles.plan_over", "Nobody is offered this plan: it is a draft, or has ended."


class PlanChanged(Conflict):
    code, message = "vehicles.plan_changed", "Somebody else changed this plan since you read it; look at it again."


class PlanDraftExists(Conflict):
    code, message = "vehicles.plan_draft_exists", "There is a draft of a plan of this name already."


class PlanDaysOver(Invalid):
    code, message = "vehicles.plan_days_over", "The last day of this plan has gone."


class PlanSeriesUnknown(Invalid):
    code, message = "vehicles.plan_series_unknown", "The brand has no such series."


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


class NoInspection(NotFound):
    code, message = "vehicles.no_inspection", "This vehicle has no report of an inspection."


class DocumentRefused(Invalid):
    code, message = "vehicles.document_refused", "This file cannot be the report of an inspection."


class PhotosMoved(Conflict):
    code, message = "vehicles.photos_moved", "These are not all photographs of the vehicle; look again."


class TooFewPhotos(Conflict):
    code, message = "vehicles.too_few_photos", "This vehicle has too few photographs to be put on sale."


class TooManyPhotos(Conflict):
    code, message = "vehicles.too_many_photos", "This vehicle has as many photographs as it may have."


class FeedHeld(Conflict):
    code, message = "vehicles.feed_held", "This feed would take more than half of a dealer's cars off sale; a person has to say yes first."


class ManagersOnly(Forbidden):
    code, message = "vehicles.managers_only", "Only a manager of the dealer, or an administrator, changes the stock."


class ChangedMeanwhile(Conflict):
    code, message = "vehicles.changed_meanwhile", "This vehicle was changed since you read it; look at it again."


class NotNow(Conflict):
    code, message = "vehicles.not_now", "This cannot be done with a vehicle in this state."


class HeldForSomebody(Conflict):
    code, message = "vehicles.held_for_somebody", "A customer has reserved this vehicle: end the order first."


class StockNumberTaken(Conflict):
    code, message = "vehicles.stock_number_taken", "The dealer has another vehicle with this stock number."


class VinTaken(Conflict):
    """`details` name the other one to its own dealer and to headquarters only."""

    code, message = "vehicles.vin_taken", "Another vehicle with this VIN is on sale or about to be."


class HistoryMissing(Invalid):
    code, message = "vehicles.history_missing", "A car that was on the road needs its first registration and its mileage."


class StoreNeeded(Invalid):
    code, message = "vehicles.store_needed", "Say which store of the dealer this is."


class RunUnknown(NotFound):
    code, message = "vehicles.run_unknown", "There is no such feed, or it is not one of yours."


class RunNotHeld(Conflict):
    code, message = "vehicles.run_not_held", "This feed does not wait for anybody's word."


class FeedTooLong(Invalid):
    code, message = "vehicles.feed_too_long", "This file is too long, or empty."
