"""Sign staff in and out, with a second factor where they have one; place dealers and stores; bring staff up to date."""

from app.dealers.service.places import change_store, open_dealer, open_store
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
from app.dealers.service.team import (
    change_person,
    give_password,
    hire,
    lock,
    must_keep_team,
    reset_second_factor,
    sign_out_everywhere,
    unlock,
)

__all__ = [
    "STAFF_COLUMNS",
    "Roster",
    "SignedIn",
    "begin_second_factor",
    "change_password",
    "change_person",
    "change_store",
    "confirm_second_factor",
    "count_wrong",
    "end_other_sessions",
    "end_second_factor",
    "end_session",
    "found_brand",
    "found_dealer",
    "give_password",
    "hire",
    "lock",
    "must_keep_team",
    "must_not_be_locked",
    "of_token",
    "open_dealer",
    "open_store",
    "place_store",
    "reset_second_factor",
    "sign_in",
    "sign_in_member",
    "sign_out",
    "sign_out_everywhere",
    "take_on",
    "unlock",
]
