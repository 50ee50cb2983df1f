"""What the staff do in WeCom."""

from typing import TYPE_CHECKING

from aiohttp import web

from miniprogram_mock.platform import people
from miniprogram_mock.platform.people import NotPossible
from miniprogram_mock.platform.sim_api.routing import Body, number, route, text
from miniprogram_mock.platform.wecom import messages as wecom

if TYPE_CHECKING:
    from miniprogram_mock.platform.server import Platform


@route("GET", "/_sim/staff")
def staff(_: web.Request, platform: "Platform", __: Body) -> Body:
    return {"staff": people.staff(platform)}


@route("GET", "/_sim/staff/{userid}/inbox")
def staff_inbox(request: web.Request, platform: "Platform", _: Body) -> Body:
    return people.staff_inbox(platform, request.match_info["userid"], limit=number(request, "limit", 100))


@route("POST", "/_sim/staff/{userid}/press")
def press(request: web.Request, platform: "Platform", body: Body) -> Body:
    message_id = body.get("message_id")
    if not isinstance(message_id, int):
        raise NotPossible("message_id 必须是整数", status=422)
    problem = wecom.press(platform, request.match_info["userid"], message_id=message_id, key=text(body, "key"))
    if problem:
        raise NotPossible(problem)
    return {"result": "ok"}
