"""What the doors of payments take and give."""

from __future__ import annotations

from typing import Any

from apiflask import Schema
from apiflask.fields import DateTime, Dict, Integer, List, Nested, String
from apiflask.validators import Length, OneOf

from app.kit.texts import t
from app.payments.models import IncidentKind, PaymentIncident


class IncidentOut(Schema):
    id = String()
    kind = String(metadata={"enum": [kind.value for kind in IncidentKind]})
    label = String(metadata={"description": "the kind, zh-CN"})
    out_trade_no = String()
    reference = String(metadata={"description": "WeChat's transaction_id, or our out_trade_no or out_refund_no"})
    amount_fen = Integer()
    details = Dict(metadata={"description": "field → what we asked and what we were told"})
    created_at = DateTime()
    resolved_at = DateTime(allow_none=True)
    resolution = String(allow_none=True, metadata={"description": "by_hand, refunded, granted_again or settled"})
    note = String(allow_none=True)


class IncidentsOut(Schema):
    items = List(Nested(IncidentOut))


class ResolveIn(Schema):
    action = String(required=True, validate=OneOf(["refund", "by_hand"]))
    note = String(required=True, validate=Length(1, 500))


def incident_out(incident: PaymentIncident) -> dict[str, Any]:
    """An incident as headquarters see it."""
    return {
        "id": str(incident.id),
        "kind": incident.kind,
        "label": t(f"payments.incidents.{incident.kind}"),
        "out_trade_no": incident.out_trade_no,
        "reference": incident.reference,
        "amount_fen": incident.amount_fen,
        "details": incident.details,
        "created_at": incident.created_at,
        "resolved_at": incident.resolved_at,
        "resolution": incident.resolution,
        "note": incident.note,
    }
