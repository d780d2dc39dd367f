"""A part that ends is started again, but not for ever."""

from devstack.restarts import Restarts


def test_pauses_grow_and_end() -> None:
    restarts = Restarts(now=lambda: 0.0)
    assert [restarts.pause_s("tasks") for _ in range(5)] == [0.5, 1.0, 2.0, 4.0, None]
    assert restarts.pause_s("auth") == 0.5


def test_a_quiet_minute_forgives() -> None:
    moment = 0.0
    restarts = Restarts(now=lambda: moment)
    for _ in range(4):
        restarts.pause_s("tasks")
    moment = 61.0
    assert restarts.pause_s("tasks") == 0.5
