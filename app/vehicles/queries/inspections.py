"""What was found when a car was inspected."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.vehicles import inspections
from app.vehicles.labels import labelled
from app.vehicles.models import Finding, Inspection, Vehicle
from app.vehicles.queries.stock import picture_url


def report_of(session: Session, vehicle_id: uuid.UUID) -> Inspection | None:
    """The last inspection that staff entered."""
    return session.execute(select(Inspection).filter_by(vehicle_id=vehicle_id)).scalar_one_or_none()


def inspection(session: Session, vehicle: Vehicle) -> dict[str, Any] | None:
    """`InspectionOut`: the report, else how many defects the car's feed says that an inspection found, else None."""
    report = report_of(session, vehicle.id)
    if report is not None:
        return report_out(report)
    defects = str(vehicle.specifications.get("inspection_defects", ""))
    if not defects.isdecimal():
        return None
    nothing: dict[str, Any] = {"inspected_on": None, "inspector": None, "score": None, "summary": "", "groups": [], "counts": None}
    return nothing | {"defects": int(defects), "document_url": None}


def report_out(report: Inspection) -> dict[str, Any]:
    """A report as consumers and staff read it."""
    found = Counter(point["finding"] for group in report.groups for point in group["points"])
    counts = {finding.value: found[finding] for finding in Finding}
    return {
        "inspected_on": report.inspected_on.isoformat(),
        "inspector": report.inspector,
        "score": report.score,
        "summary": report.summary,
        "counts": counts,
        "defects": counts[Finding.minor] + counts[Finding.major],
        "groups": [
            {"name": group["name"], "points": [point | {"finding": labelled("finding", point["finding"])} for point in group["points"]]}
            for group in report.groups
        ],
        "document_url": picture_url(inspections.url(report.document)) if report.document else None,
    }
