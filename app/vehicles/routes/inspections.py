"""Doors: staff write down what an inspection found; anybody loads the report as a PDF."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, request
from sqlalchemy.orm import Session

from app.kit.files import files
from app.kit.idempotency import unkept
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, transactional
from app.vehicles import inspections, queries, schemas_detail, service
from app.vehicles.errors import DocumentRefused, NoInspection, PictureUnknown, VehicleUnknown
from app.vehicles.routes.photos import AROUND

staff = blueprint("vehicles", audience="staff", part="inspections")
media = APIBlueprint("vehicle_inspections", __name__, url_prefix="/media/inspections", tag="media")


@staff.before_request
def _takes_documents() -> None:
    request.max_content_length = settings().photo_max_bytes + AROUND


@staff.get("/<uuid:vehicle_id>/inspection")
@raises(VehicleUnknown, NoInspection)
@staff.output(schemas_detail.InspectionOut)
@transactional
def read(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """The car's report."""
    report = queries.report_of(session, queries.of_staff(session, who.staff, vehicle_id).id)
    if report is None:
        raise NoInspection
    return queries.report_out(report)


@staff.put("/<uuid:vehicle_id>/inspection")
@raises(VehicleUnknown)
@staff.input(schemas_detail.InspectionIn)
@staff.output(schemas_detail.InspectionOut)
@transactional
def report(session: Session, who: Caller, vehicle_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """What was found, in place of what was written down before."""
    return queries.report_out(service.report(session, who.staff, vehicle_id, **json_data))


@staff.put("/<uuid:vehicle_id>/inspection/document")
@unkept("the same file again changes nothing, and a repeated form has other bytes")
@raises(VehicleUnknown, NoInspection, DocumentRefused)
@staff.input(schemas_detail.DocumentIn, location="files")
@staff.output(schemas_detail.InspectionOut)
@transactional
def attach(session: Session, who: Caller, vehicle_id: uuid.UUID, files_data: dict[str, Any]) -> Any:
    """The report as a PDF, which consumers can load."""
    most = settings().photo_max_bytes
    document = files_data["document"].stream.read(most + 1)
    queries.of_staff(session, who.staff, vehicle_id)
    if len(document) > most or not document.startswith(b"%PDF-"):
        raise DocumentRefused(document="not_a_pdf", most_mb=most // 1_000_000)
    return queries.report_out(service.attach(session, who.staff, vehicle_id, document))


@staff.delete("/<uuid:vehicle_id>/inspection")
@raises(VehicleUnknown)
@staff.output({}, status_code=204)
@transactional
def take_back(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """The car has no report any more."""
    service.take_back(session, who.staff, vehicle_id)
    return "", 204


@media.get("/<digest>.pdf")
@raises(PictureUnknown)
@media.output(FileSchema, content_type="application/pdf")
def document(digest: str) -> Response:
    """A report. Saved and not shown: a page of ours has no part in what a PDF may do."""
    name = inspections.served(digest)
    content = files().read(name) if name else None
    if content is None:
        raise PictureUnknown
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Content-Disposition"] = f'attachment; filename="{digest[:16]}.pdf"'
    answer.set_etag(digest)
    answer.make_conditional(request)
    return answer
