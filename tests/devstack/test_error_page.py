"""docs/errors.md knows every code that the code gives."""

import re
from pathlib import Path

from devstack.error_page import REQUEST_CODES, error_page

CHECKOUT = Path(__file__).resolve().parents[2]
_CODE = re.compile(r'\bcode\s*=\s*"([A-Z_]+)"')


def test_every_request_code_in_the_source_is_on_the_page() -> None:
    given = {
        code
        for package in ("router", "subgraph_kit", "auth_subgraph", "tasks_subgraph")
        for file in (CHECKOUT / package).rglob("*.py")
        for code in _CODE.findall(file.read_text())
    }
    assert given >= {"BAD_USER_INPUT", "QUERY_TOO_DEEP", "TIMEOUT"}
    assert given - REQUEST_CODES.keys() == set()


def test_the_page_holds_codes_of_all_kinds() -> None:
    page = error_page()
    for code in ("UNAUTHENTICATED", "VERSION_CONFLICT", "SATISFIABILITY_ERROR"):
        assert f"| `{code}` |" in page
