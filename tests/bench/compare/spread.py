"""Medians with their spread, and how numbers are written."""

import dataclasses
import statistics
from collections.abc import Iterable


@dataclasses.dataclass(frozen=True)
class Spread:
    """The median of some runs, the least and the most."""
    median: float
    least: float
    most: float
    runs: int


def spread(values: Iterable[float]) -> Spread | None:
    """None, if there are no values."""
    listed = list(values)
    if not listed:
        return None
    return Spread(statistics.median(listed), min(listed), max(listed), len(listed))


def ratios(ours: dict[int, float], theirs: dict[int, float]) -> Spread | None:
    """The spread of ours/theirs over the rounds in which both ran."""
    return spread(value / theirs[number] for number, value in ours.items()
                  if theirs.get(number, 0.0) > 0)


def short(value: float, unit: str) -> str:
    """Writes a number with three digits: 6.32 M where rates are meant, else 25.5 or 1,260."""
    suffix = ''
    if unit == '/s':
        for limit, name in ((1e9, ' G'), (1e6, ' M'), (1e3, ' k')):
            # As it will be rounded: 999,999 is 1.00 M and not 1,000 k.
            if value >= limit * 0.9995:
                value, suffix = value / limit, name
                break
    if value >= 99.95:
        digits = 0
    elif value >= 9.995:
        digits = 1
    else:
        digits = 2
    return '{:,.{}f}{}'.format(value, digits, suffix)


def short_range(values: Spread, unit: str) -> str:
    if values.least == values.most:
        return ''
    least, most = short(values.least, unit), short(values.most, unit)
    if least[-2:] == most[-2:] and least[-2] == ' ':
        least = least[:-2]
    return '%s to %s' % (least, most)
