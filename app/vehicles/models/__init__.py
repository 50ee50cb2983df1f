"""The stock: series, cars, prices, pictures, inspections; the feeds that bring it; the plans that finance it."""

from app.vehicles.models.feeds import RUN, FeedFormat, FeedPhoto, ImportChunk, ImportRow, ImportRun, RunStatus
from app.vehicles.models.finance import FinancePlan, MonthlyRefresh, PlanKind
from app.vehicles.models.inspections import Finding, Inspection
from app.vehicles.models.photos import VehiclePhoto
from app.vehicles.models.stock import IN_STOCK, LIVE, VEHICLE, VISIBLE, Condition, ModelSeries, PriceChange, Status, Vehicle, Withdrawn
from app.vehicles.models.words import CountedWords

__all__ = [
    "IN_STOCK",
    "LIVE",
    "RUN",
    "VEHICLE",
    "VISIBLE",
    "Condition",
    "CountedWords",
    "FeedFormat",
    "FeedPhoto",
    "FinancePlan",
    "Finding",
    "ImportChunk",
    "ImportRow",
    "ImportRun",
    "Inspection",
    "ModelSeries",
    "MonthlyRefresh",
    "PlanKind",
    "PriceChange",
    "RunStatus",
    "Status",
    "Vehicle",
    "VehiclePhoto",
    "Withdrawn",
]
