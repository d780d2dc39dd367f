"""What is counted to slow down guessing."""

from dataclasses import dataclass
from typing import NamedTuple

from subgraph_kit.durations import RateLimit


@dataclass(frozen=True, slots=True)
class Counter:
    """What is limited, for whom, and how far."""

    key: str
    rate: RateLimit


class Refusal(NamedTuple):
    """An attempt that is one too many.

    Args:
        counter: Whose limit it is, the one that makes wait longest.
        retry_after_s: Until the next may be made.
    """

    counter: Counter
    retry_after_s: int
