"""Weather: a mix of the other faults over all business calls, and one over all callbacks, a percentage of them, seeded."""

from typing import Any

from miniprogram_mock.platform.faults import CALL, CALLBACK, KINDS, Strike, kind

WEATHER = kind("weather", "按 percent 随机混入各种调用故障", on=CALL)
# Apart from the calls: when a callback is sent hangs on the clock, and must not move the calls' sequence.
CALLBACK_WEATHER = kind("callback_weather", "按 percent 随机混入各种回调故障", on=CALLBACK)
# (kind, how often in a hundred, its parameters). Nothing here stops a business for the day: 45009 is planted by itself.
_MIX: dict[str, tuple[tuple[str, int, dict[str, Any]], ...]] = {
    CALL: (
        ("latency", 30, {"ms": 300, "jitter": 700}),
        ("errcode", 20, {"code": -1}),
        ("errcode", 5, {"code": 45011}),
        ("http", 15, {"status": 502}),
        ("storm", 5, {}),
        ("timeout_before", 10, {}),
        ("timeout_after_accept", 10, {}),
        ("cut", 5, {}),
    ),
    CALLBACK: (
        ("duplicate_callbacks", 30, {"copies": 2}),
        ("late_callbacks", 30, {"by": 20}),
        ("swap_callbacks", 20, {}),
        ("bad_signature", 15, {}),
        ("lose_callbacks", 5, {}),
    ),
}


def blown(weather: Strike, on: str) -> Strike:
    """What the weather is this time, by the luck of its strike."""
    mark = weather.luck * sum(share for _, share, _ in _MIX[on])
    for name, share, params in _MIX[on]:
        if mark < share:
            return Strike(name, KINDS[name].params | params, (share - mark) / share, weather.id)
        mark -= share
    raise AssertionError("luck is below 1")
