"""What a viewer needs now, and needed before."""

import pytest

from router.checks.authorization import authorization_changes


@pytest.mark.parametrize(
    ("old", "new", "code", "severity", "message"),
    [
        (None, "a viewer", "AUTHORIZATION_ADDED", "dangerous", "A.b needs a viewer now."),
        ("a viewer", None, "AUTHORIZATION_REMOVED", "safe", "A.b no longer needs a viewer."),
        (
            *("a viewer", "the scopes x", "AUTHORIZATION_CHANGED", "dangerous"),
            "A.b needs the scopes x now; it was a viewer.",
        ),
    ],
)
def test_a_change_says_what_is_needed(
    old: str | None, new: str | None, code: str, severity: str, message: str
) -> None:
    before, after = ({"A.b": needed} if needed else {} for needed in (old, new))
    (change,) = authorization_changes(before, after)
    assert (change.code, change.severity.value, change.message) == (code, severity, message)
    assert authorization_changes(before, before) == []
