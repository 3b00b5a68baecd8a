"""The verdict of `python -m benchmarks.growth` on a curve."""

import pytest

from benchmarks.growth.fitting import exponent, verdict

SIZES = (100, 1_000, 10_000)


@pytest.mark.parametrize(("power", "costs"), [(0, (5, 5, 5)), (1, (1, 10, 100)), (2, (1, 100, 10_000))])
def test_the_exponent_is_the_power_that_the_costs_follow(power: int, costs: tuple[float, ...]) -> None:
    assert exponent(SIZES, costs) == pytest.approx(power)


def test_one_size_makes_no_curve() -> None:
    assert exponent([100], [3.0]) is None
    assert verdict(None) == "-"


def test_only_what_grows_faster_than_its_axis_is_called_steep() -> None:
    assert "steeper" in verdict(2.0)
    assert "steeper" not in verdict(1.0)
