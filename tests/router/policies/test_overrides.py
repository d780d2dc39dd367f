from __future__ import annotations

from router.policies.overrides import OverrideLabels


def test_a_percentage_is_on_for_so_many_requests() -> None:
    labels = ("percent(0.5)", "percent(20)", "percent(100)")
    assert OverrideLabels(chance=lambda: 0.001).active(labels) == set(labels)
    assert OverrideLabels(chance=lambda: 0.1).active(labels) == {"percent(20)", "percent(100)"}
    assert OverrideLabels(chance=lambda: 0.999).active(labels) == {"percent(100)"}


def test_other_labels_are_on_while_they_are_configured() -> None:
    overrides = OverrideLabels(["new-billing", "unknown"], chance=lambda: 0.0)
    assert overrides.active(("new-billing", "other")) == {"new-billing"}
    assert overrides.active(()) == frozenset()
