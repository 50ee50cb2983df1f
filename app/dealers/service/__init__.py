"""Sign staff in and out, with a second factor where they have one; place dealers and stores; bring staff up to date."""

from app.dealers.service.placing import STAFF_COLUMNS, Roster, found_brand, found_dealer, place_store, take_on
from app.dealers.service.second_factor import begin_second_factor, confirm_second_factor, end_second_factor
from app.dealers.service.signing_in import (
    SignedIn,
    change_password,
    count_wrong,
    end_other_sessions,
    end_session,
    must_not_be_locked,
    of_token,
    sign_in,
    sign_in_member,
    sign_out,
)

__all__ = [
    "STAFF_COLUMNS",
    "Roster",
    "SignedIn",
    "begin_second_factor",
    "change_password",
    "confirm_second_factor",
    "count_wrong",
    "end_other_sessions",
    "end_second_factor",
    "end_session",
    "found_brand",
    "found_dealer",
    "must_not_be_locked",
    "of_token",
    "place_store",
    "sign_in",
    "sign_in_member",
    "sign_out",
    "take_on",
]
