"""Doors: what campaigns brought, to be read and as a file."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.campaigns import queries, schemas, view
from app.campaigns.choices import told, wrong
from app.campaigns.errors import CampaignUnknown, FieldsUnfit, ManagersOnly
from app.dealers.models import Role
from app.kit.rows import BOM
from app.kit.web import Caller, answers, blueprint, raises, transactional
from app.vehicles.queries import CHINA

staff = blueprint("campaigns", audience="staff", part="reports")


def _of_brand(session: Session, who: Caller, asked: dict[str, Any]) -> dict[str, Any]:
    if who.staff.role == Role.adviser:
        raise ManagersOnly
    last = asked.get("until") or queries.today(session)
    first = asked.get("since") or last - timedelta(days=30)
    if last < first:
        raise FieldsUnfit(fields=told({"period": wrong("days")}))
    days = first, last + timedelta(days=1)
    since, until = (datetime.combine(day, time(), CHINA) for day in days)
    found = queries.by_campaign(session, who.staff.brand_id, (since, until), touch=asked["touch"], dealer_id=who.staff.dealer_id)
    return view.report_of_brand(session, who.staff, found, asked["touch"])


def _of_campaign(session: Session, who: Caller, campaign_id: uuid.UUID, touch: Any) -> dict[str, Any]:
    campaign = queries.managed(session, who.staff, campaign_id, looking=True)
    found = queries.by_code(session, campaign.brand_id, campaign.id, touch=touch)
    return view.report_of_campaign(queries.codes(session, campaign.id), found, touch)


def _file(report: dict[str, Any], name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(BOM + "".join(view.report_lines(report)), mimetype="text/csv", headers=headers)


@staff.get("/report")
@raises(ManagersOnly, FieldsUnfit)
@staff.input(schemas.PeriodIn, location="query")
@staff.output(schemas.ReportOut)
@transactional
def report(session: Session, who: Caller, query_data: dict[str, Any]) -> Any:
    """All campaigns of some days side by side. With what none brought, leads and orders add up to all there were; a dealer's manager reads
    of the dealer's.
    """
    return _of_brand(session, who, query_data)


@staff.get("/report.csv")
@raises(ManagersOnly, FieldsUnfit)
@answers(200, "CSV for Excel: UTF-8 with BOM")
@staff.input(schemas.PeriodIn, location="query")
@transactional
def report_file(session: Session, who: Caller, query_data: dict[str, Any]) -> Response:
    """The same as a file."""
    return _file(_of_brand(session, who, query_data), "campaigns")


@staff.get("/<uuid:campaign_id>/report")
@raises(CampaignUnknown, ManagersOnly)
@staff.input(schemas.TouchIn, location="query")
@staff.output(schemas.ReportOut)
@transactional
def report_of_one(session: Session, who: Caller, campaign_id: uuid.UUID, query_data: dict[str, Any]) -> Any:
    """What one campaign brought so far, code by code."""
    return _of_campaign(session, who, campaign_id, query_data["touch"])


@staff.get("/<uuid:campaign_id>/report.csv")
@raises(CampaignUnknown, ManagersOnly)
@answers(200, "CSV for Excel: UTF-8 with BOM")
@staff.input(schemas.TouchIn, location="query")
@transactional
def file_of_one(session: Session, who: Caller, campaign_id: uuid.UUID, query_data: dict[str, Any]) -> Response:
    """The same as a file."""
    return _file(_of_campaign(session, who, campaign_id, query_data["touch"]), f"campaign-{campaign_id}")
