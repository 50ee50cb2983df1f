"""Doors: staff put up photographs of a car, order them, take them off; anybody loads what is served of them."""

from __future__ import annotations

import uuid
from typing import Any

from apiflask import APIBlueprint, FileSchema
from flask import Response, request
from sqlalchemy.orm import Session

from app.kit import db
from app.kit.files import files
from app.kit.idempotency import unkept
from app.kit.settings import settings
from app.kit.web import Caller, blueprint, raises, stepwise, transactional
from app.vehicles import imaging, photos, queries, schemas_photos, service
from app.vehicles.errors import PhotoRefused, PhotosMoved, PhotoUnknown, PictureUnknown, TooManyPhotos, VehicleUnknown

staff = blueprint("vehicles", audience="staff", part="photos")
media = APIBlueprint("vehicle_photos", __name__, url_prefix="/media/photos", tag="media")

# What a form has around its file.
AROUND = 64 * 1024


@staff.before_request
def _takes_pictures() -> None:
    request.max_content_length = settings().photo_max_bytes + AROUND


@staff.get("/<uuid:vehicle_id>/photos")
@raises(VehicleUnknown)
@staff.output(schemas_photos.AlbumOut)
@transactional
def album(session: Session, who: Caller, vehicle_id: uuid.UUID) -> Any:
    """The car's photographs in their order, and those that can still be put back."""
    return queries.album(session, queries.of_staff(session, who.staff, vehicle_id).id)


@staff.post("/<uuid:vehicle_id>/photos")
@unkept("the same picture again is the same photograph, and a repeated form has other bytes")
@raises(VehicleUnknown, PhotoRefused, TooManyPhotos)
@staff.input(schemas_photos.UploadIn, location="form_and_files")
@staff.output(schemas_photos.AlbumOut, status_code=201)
@stepwise
def put_up(who: Caller, vehicle_id: uuid.UUID, form_and_files_data: dict[str, Any]) -> Any:
    """A new last photograph. Consumers see it when its sizes are made, some seconds later, and nothing else of the file, ever."""
    with db.transaction() as session:
        queries.of_staff(session, who.staff, vehicle_id)  # before anything is decoded for a stranger
    upload = form_and_files_data["photo"].stream.read(settings().photo_max_bytes + 1)
    picture = _picture(upload)
    with db.transaction() as session:
        service.put_up(session, who.staff, vehicle_id, picture, alt=form_and_files_data["alt"].strip())
        return queries.album(session, vehicle_id)


def _picture(upload: bytes) -> imaging.Picture:
    if len(upload) > settings().photo_max_bytes:
        raise PhotoRefused.because("too_many_bytes")
    try:
        return imaging.cleaned(upload)
    except imaging.Unusable as error:
        raise PhotoRefused.because(str(error)) from error


@staff.put("/<uuid:vehicle_id>/photos")
@raises(VehicleUnknown, PhotosMoved)
@staff.input(schemas_photos.ArrangeIn)
@staff.output(schemas_photos.AlbumOut)
@transactional
def arrange(session: Session, who: Caller, vehicle_id: uuid.UUID, json_data: dict[str, Any]) -> Any:
    """All photographs in their new order, the cover first, with new texts where they are given."""
    service.arrange(session, who.staff, vehicle_id, [(one["id"], one.get("alt")) for one in json_data["photos"]])
    return queries.album(session, vehicle_id)


@staff.delete("/<uuid:vehicle_id>/photos/<uuid:photo_id>")
@raises(VehicleUnknown, PhotoUnknown)
@staff.output(schemas_photos.AlbumOut)
@transactional
def take_off(session: Session, who: Caller, vehicle_id: uuid.UUID, photo_id: uuid.UUID) -> Any:
    """Nobody sees it any more; for some days it can be put back."""
    service.take_off(session, who.staff, vehicle_id, photo_id)
    return queries.album(session, vehicle_id)


@staff.post("/<uuid:vehicle_id>/photos/<uuid:photo_id>/restore")
@raises(VehicleUnknown, PhotoUnknown, TooManyPhotos)
@staff.output(schemas_photos.AlbumOut)
@transactional
def put_back(session: Session, who: Caller, vehicle_id: uuid.UUID, photo_id: uuid.UUID) -> Any:
    """It is where it was before it was taken off."""
    service.put_back(session, who.staff, vehicle_id, photo_id)
    return queries.album(session, vehicle_id)


@media.get("/<digest>/<file>")
@raises(PictureUnknown)
@media.output(FileSchema, content_type="image/webp")
def photo(digest: str, file: str) -> Response:
    """A size of a photograph, or its share card (JPEG). Its name tells its content, so it may be kept for ever."""
    name = photos.served(digest, file)
    content = files().read(name) if name else None
    if content is None:
        raise PictureUnknown
    answer = Response(content, mimetype="image/webp" if file.endswith(".webp") else "image/jpeg")
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.set_etag(f"{digest}-{file}")
    answer.make_conditional(request)
    return answer
