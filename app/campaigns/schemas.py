"""What the doors of campaigns take and give."""

from __future__ import annotations

from apiflask import Schema
from apiflask.fields import UUID, Boolean, Date, DateTime, Dict, Float, Integer, List, Nested, String
from apiflask.validators import Length, OneOf, Range, Regexp

from app.campaigns.choices import CONSENTS, known
from app.campaigns.models import CampaignStatus
from app.kit.answers import one_of
from app.kit.paging import MAX_LIMIT

MOST_FEN = 10**14


class FieldIn(Schema):
    """A field of the landing form; a choice with what may be chosen."""

    key = String(required=True, validate=Regexp(r"[a-z][a-z0-9_]{0,29}$"))
    kind = String(required=True, validate=OneOf(known("fields")))
    label = String(required=True, validate=Length(1, 30))
    required = Boolean(load_default=False)
    choices = List(String(validate=Length(1, 60)), load_default=list, validate=Length(max=30))


class ConsentIn(Schema):
    purpose = String(required=True, validate=OneOf(CONSENTS))
    version = String(required=True, validate=Length(1, 64))


class FormIn(Schema):
    fields_ = List(Nested(FieldIn), required=True, data_key="fields", attribute="fields", validate=Length(max=20))
    consent = Nested(ConsentIn, allow_none=True, load_default=None)


class CampaignFieldsIn(Schema):
    name = String(validate=Length(1, 60))
    kind = String(metadata={"description": "one of `choices`"})
    introduction = String(validate=Length(max=2_000))
    dealer_id = UUID(allow_none=True, metadata={"description": "null: of the whole brand; a dealer's manager need not say"})
    store_id = UUID(allow_none=True, metadata={"description": "who calls those that name no store"})
    begins_on = Date()
    ends_on = Date(metadata={"description": "the last day, in China"})
    budget_fen = Integer(validate=Range(0, MOST_FEN))
    vehicle_ids = List(UUID(), validate=Length(max=100))
    form = Nested(FormIn)


class CampaignIn(CampaignFieldsIn):
    name = String(required=True, validate=Length(1, 60))
    kind = String(required=True)
    begins_on = Date(required=True)
    ends_on = Date(required=True)
    budget_fen = Integer(required=True, validate=Range(0, MOST_FEN))


class CampaignChangeIn(CampaignFieldsIn):
    version = Integer(required=True, metadata={"description": "of what was read"})


class CancelIn(Schema):
    reason = String(required=True, validate=Length(1, 200))


class PageIn(Schema):
    cursor = String(metadata={"description": "`next_cursor` of the page before"})
    limit = Integer(load_default=20, validate=Range(1, MAX_LIMIT))


class ListIn(PageIn):
    q = String(validate=Length(max=60), metadata={"description": "a part of the name"})
    status = String(validate=OneOf([one.value for one in CampaignStatus]))
    kind = String(validate=Length(1, 40))


class ShownVehicleOut(Schema):
    id = String()
    name = String()


class CampaignOut(Schema):
    id = String()
    name = String()
    kind = String()
    kind_label = String(metadata={"description": "zh-CN"})
    status = one_of([one.value for one in CampaignStatus])
    status_label = String(metadata={"description": "zh-CN"})
    introduction = String()
    dealer_id = String(allow_none=True)
    dealer_name = String(allow_none=True, metadata={"description": "null: of the whole brand"})
    store_id = String(allow_none=True)
    store_name = String(allow_none=True)
    begins_on = Date()
    ends_on = Date()
    budget_fen = Integer(metadata={"description": "for those who run it; else null"}, allow_none=True)
    spent_fen = Integer(allow_none=True)
    left_fen = Integer(allow_none=True, metadata={"description": "negative when more was spent"})
    vehicle_ids = List(String())
    vehicles = List(Nested(ShownVehicleOut), metadata={"description": "the same with their titles"})
    form = Nested(FormIn)
    version = Integer()
    created_at = DateTime()


class CampaignsOut(Schema):
    items = List(Nested(CampaignOut))
    next_cursor = String(allow_none=True)


class ChoiceOut(Schema):
    value = String()
    label = String(metadata={"description": "zh-CN"})


class ConsentChoiceOut(ConsentIn):
    label = String(metadata={"description": "zh-CN"})
    words = String()


class ChoicesOut(Schema):
    kinds = List(Nested(ChoiceOut))
    categories = List(Nested(ChoiceOut))
    channels = List(Nested(ChoiceOut))
    fields_ = List(Nested(ChoiceOut), data_key="fields", attribute="fields")
    consents = List(Nested(ConsentChoiceOut), metadata={"description": "what a form may ask her to agree to: the text published last"})


class CostIn(Schema):
    spent_on = Date(required=True)
    category = String(required=True)
    amount_fen = Integer(required=True, validate=Range(1, MOST_FEN))
    note = String(load_default="", validate=Length(max=200))
    code_id = String(metadata={"description": "where it was spent for one code"})


class ReverseIn(Schema):
    note = String(required=True, validate=Length(1, 200), metadata={"description": "what was wrong"})


class CostOut(Schema):
    id = String()
    spent_on = Date()
    category = String()
    category_label = String()
    amount_fen = Integer(metadata={"description": "negative: takes another back"})
    note = String()
    code_id = String(allow_none=True)
    staff_name = String()
    reverses_id = String(allow_none=True)
    created_at = DateTime()


class CostsOut(Schema):
    items = List(Nested(CostOut))
    next_cursor = String(allow_none=True)


class CodeIn(Schema):
    label = String(required=True, validate=Length(1, 40))
    channel = String(required=True)
    store_id = UUID()
    staff_id = UUID()


class CodeOut(Schema):
    id = String(metadata={"description": "the scene of its mini-program code and of its service account's code"})
    label = String()
    channel = String()
    channel_label = String()
    store_id = String(allow_none=True)
    store_name = String(allow_none=True)
    staff_id = String(allow_none=True)
    staff_name = String(allow_none=True)
    path = String(metadata={"description": "where it leads in the mini-program"})


class CodesOut(Schema):
    items = List(Nested(CodeOut))


class PictureOut(Schema):
    url = String(metadata={"description": "WeChat's picture of the code; it needs no token"})


class GuestOut(Schema):
    id = String()
    customer_id = String()
    nickname = String(allow_none=True)
    phone_masked = String(allow_none=True)
    code_id = String(allow_none=True)
    created_at = DateTime()


class AnswerOut(GuestOut):
    given = Dict(allow_none=True, metadata={"description": "by the keys of the form; null once she is forgotten"})
    lead_id = String(allow_none=True)
    consent_version = String(allow_none=True)
    updated_at = DateTime()


class AnswersOut(Schema):
    items = List(Nested(AnswerOut))
    next_cursor = String(allow_none=True)


class CheckInIn(Schema):
    ticket = String(validate=Length(1, 200), metadata={"description": "what her phone shows"})
    phone = String(validate=Length(1, 20), metadata={"description": "of somebody who walks in"})


class CheckInOut(GuestOut):
    day = Date()
    how = String()
    how_label = String()


class CheckedInOut(CheckInOut):
    is_first = Boolean(metadata={"description": "false: she was let in today already, at `created_at`"})


class CheckInsOut(Schema):
    items = List(Nested(CheckInOut))
    next_cursor = String(allow_none=True)


class TouchIn(Schema):
    touch = String(load_default="last", validate=OneOf(("last", "first")), metadata={"description": "who has the credit"})


class PeriodIn(TouchIn):
    since = Date(metadata={"description": "the first day, in China; without it 30 days before the last"})
    until = Date(metadata={"description": "the last day; without it today"})


class FiguresOut(Schema):
    id = String(allow_none=True, metadata={"description": "of the campaign or code; null for what has none"})
    name = String()
    opens = Integer()
    people = Integer()
    answers = Integer()
    check_ins = Integer()
    leads = Integer()
    test_drives = Integer()
    deposits = Integer()
    deposit_fen = Integer()
    refunds = Integer()
    refund_fen = Integer()
    orders = Integer(metadata={"description": "cars bought"})
    value_fen = Integer(metadata={"description": "what the cars cost that were bought"})
    cost_fen = Integer()
    cost_per_lead_fen = Integer(allow_none=True)
    cost_per_check_in_fen = Integer(allow_none=True)
    cost_per_deposit_fen = Integer(allow_none=True)
    roi = Float(allow_none=True, metadata={"description": "value / cost; null where nothing was spent"})


class ReportOut(Schema):
    touch = String()
    rows = List(Nested(FiguresOut))
    total = Nested(FiguresOut)


class OpenIn(Schema):
    visitor_id = String(validate=Length(8, 64), metadata={"description": "what the device calls itself; the same at login"})


class StoreOut(Schema):
    id = String()
    name = String()
    city = String()
    address = String()


class MineOut(Schema):
    answered = Boolean()
    checked_in_today = Boolean()


class PageOut(Schema):
    """A campaign as its landing page shows it."""

    id = String()
    name = String()
    kind_label = String()
    introduction = String()
    begins_on = Date()
    ends_on = Date()
    state = String(metadata={"description": "not_begun, open, over"})
    message = String(allow_none=True, metadata={"description": "why the form is closed, zh-CN"})
    fields_ = List(Nested(FieldIn), data_key="fields", attribute="fields")
    consent = Dict(allow_none=True, metadata={"description": "{purpose, version, words}: what she has to agree to"})
    stores = List(Nested(StoreOut), metadata={"description": "where the form asks for one"})
    vehicles = List(Dict(), metadata={"description": "cards"})
    mine = Nested(MineOut, allow_none=True, metadata={"description": "of her who is signed in"})


class AnswerIn(Schema):
    given = Dict(keys=String(validate=Length(1, 30)), values=String(validate=Length(max=2_000)), required=True)
    code_id = String(validate=Length(1, 32))
    consent_version = String(validate=Length(1, 64))


class AnsweredOut(Schema):
    id = String()
    lead_id = String(allow_none=True)
    updated_at = DateTime()


class TicketOut(Schema):
    ticket = String(metadata={"description": "to be shown as a QR code; ask for another before it expires"})
    picture = String(metadata={"description": "that code as an image, a data URI"})
    expires_at = DateTime()
