"""How steep a curve is: the exponent of the power of the size that fits its costs best. Pure."""

import math
from collections.abc import Sequence
from statistics import LinearRegression, linear_regression

#: One is as steep as the axis; machines that others use make straight lines look a little bent.
STEEP = 1.1


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float | None:
    """0: the same at every size; 1: twice the size costs twice as much. None where there is no curve."""
    points = [(math.log(size), math.log(value)) for size, value in zip(sizes, values, strict=True) if value > 0]
    if len({x for x, _ in points}) < 2:
        return None
    line: LinearRegression = linear_regression(*zip(*points, strict=True))
    return float(line.slope)


def verdict(slope: float | None) -> str:
    if slope is None:
        return "-"
    return f"{slope:+.2f}, steeper than its axis" if slope > STEEP else f"{slope:+.2f}"
