"""How sure one may be of shares of people: the intervals of Wilson for one share, of Newcombe for the difference of two, at 95 %.

Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998), method 10.
"""

from __future__ import annotations

import math

Z = 1.959963984540054
# Below so many people a share says nothing yet.
ENOUGH = 100


def share(happened: int, people: int) -> tuple[float, float]:
    """The interval in which the share is, from 0 to 1; all of it while there is nobody."""
    if not people:
        return 0.0, 1.0
    found, most = happened / people, Z * Z
    middle = (2 * happened + most) / (2 * (people + most))
    half = Z * math.sqrt(most + 4 * happened * (1 - found)) / (2 * (people + most))
    return max(0.0, middle - half), min(1.0, middle + half)


def difference(of: tuple[int, int], against: tuple[int, int]) -> tuple[float, float]:
    """The interval of the first share less the second, each as (to how many it happened, of how many); from -1 to 1."""
    if not of[1] or not against[1]:
        return -1.0, 1.0
    one, other = of[0] / of[1], against[0] / against[1]
    (low, high), (other_low, other_high) = share(*of), share(*against)
    down = math.hypot(one - low, other_high - other)
    up = math.hypot(high - one, other - other_low)
    return one - other - down, one - other + up
