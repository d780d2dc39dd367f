import time
from uuid import UUID

from subgraph_kit.ids import format_id, new_id, parse_id, uuid7


def test_ids_grow_and_never_repeat() -> None:
    made = [uuid7() for _ in range(5000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_an_id_carries_its_version_variant_and_moment() -> None:
    before_ms = time.time_ns() // 1_000_000
    made = uuid7()

    assert made.version == 7
    assert made.variant == "specified in RFC 4122"
    assert before_ms <= made.int >> 80 <= before_ms + 1000


def test_an_id_reads_back_only_under_its_own_prefix() -> None:
    value = uuid7()
    text = format_id("task", value)

    assert parse_id("task", text) == value
    assert parse_id("user", text) is None


def test_what_is_no_id_is_refused() -> None:
    digits = UUID(int=7).hex
    for text in ("", "task", "task_", f"task_{digits[:-1]}", f"task_{digits}0", f"TASK_{digits}",
                 f"task_{digits.upper().replace('0', 'A')}", f" task_{digits}", f"task_{digits}\n",
                 "task_" + "٣" * 32, f"task__{digits}"):  # fmt: skip
        assert parse_id("task", text) is None


def test_a_new_id_has_its_prefix() -> None:
    assert parse_id("user", new_id("user")) is not None
