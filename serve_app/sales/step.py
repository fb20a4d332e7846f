"""Equal steps of time on round edges, for figures over time."""

from datetime import UTC, datetime, timedelta

MOST_STEPS = 30
ROUND_LENGTHS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15)),
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 7, 30)),
)
A_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)
"""Edges are whole lengths away from it: full hours, midnights, Mondays."""


def step_edges(oldest: datetime, newest: datetime) -> list[datetime]:
    """Edges of the shortest steps of a round length, of which `MOST_STEPS` at most hold both moments and all between.

    Returns:
        One more than there are steps; a step holds its first moment and not its last. After 30 days, lengths double.
    """
    lengths = iter(ROUND_LENGTHS)
    length = next(lengths)
    while _number(newest, length) - _number(oldest, length) >= MOST_STEPS:
        length = next(lengths, 2 * length)
    return [A_MONDAY + number * length for number in range(_number(oldest, length), _number(newest, length) + 2)]


def _number(moment: datetime, length: timedelta) -> int:
    return (moment - A_MONDAY) // length
