"""Names for parsed JSON: the border where values have no static type."""

from __future__ import annotations

from typing import Any

JsonValue = Any
JsonObject = dict[str, Any]
