"""The stock: series, cars, prices, pictures, inspections; the feeds that bring it; the plans that finance it."""

from app.vehicles.models.feeds import ImportRun
from app.vehicles.models.finance import FinancePlan, MonthlyRefresh, PlanKind
from app.vehicles.models.inspections import Inspection
from app.vehicles.models.photos import VehiclePhoto
from app.vehicles.models.stock import LIVE, VISIBLE, Condition, ModelSeries, PriceChange, Status, Vehicle

__all__ = [
    "LIVE",
    "VISIBLE",
    "Condition",
    "FinancePlan",
    "ImportRun",
    "Inspection",
    "ModelSeries",
    "MonthlyRefresh",
    "PlanKind",
    "PriceChange",
    "Status",
    "Vehicle",
    "VehiclePhoto",
]
