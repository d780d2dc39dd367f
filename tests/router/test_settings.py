from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from router.errors import StartupError
from router.settings import RouterSettings, load_settings, load_structure

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in RouterSettings.model_fields:
        monkeypatch.delenv(f"ROUTER_{name.upper()}", raising=False)


def test_a_bare_router_has_wide_limits_and_checks_no_tokens() -> None:
    settings = load_settings()
    limits = (settings.max_depth, settings.max_aliases, settings.max_root_fields)
    assert limits == (50, 200, 100)
    assert (settings.max_tokens, settings.max_cost, settings.max_body) == (15_000, None, 2**20)
    assert (settings.timeout, settings.rate_limit_user, settings.jwks_url) == (30, None, None)


def test_values_are_read_with_their_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_TIMEOUT", "1500ms")
    monkeypatch.setenv("ROUTER_MAX_BODY", "100KiB")
    monkeypatch.setenv("ROUTER_RATE_LIMIT_USER", "600/1m")
    monkeypatch.setenv("ROUTER_RATE_LIMIT_ANONYMOUS", "off")
    monkeypatch.setenv("ROUTER_MAX_DEPTH", "off")
    monkeypatch.setenv("ROUTER_SUBGRAPH_URLS", "auth=http://auth:8000/graphql, tasks=http://t/")
    monkeypatch.setenv("ROUTER_CORS_ORIGINS", "https://a.example, https://b.example")
    settings = load_settings()
    assert (settings.timeout, settings.max_body, settings.max_depth) == (1.5, 102_400, None)
    assert (settings.rate_limit_user, settings.rate_limit_anonymous) == ((600, 60), None)
    assert settings.subgraph_urls == {"auth": "http://auth:8000/graphql", "tasks": "http://t/"}
    assert settings.cors_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEOUT", "10"),
        ("TIMEOUT", "-1s"),
        ("TIMEOUT", "soon"),
        ("MAX_BODY", "100 bananas"),
        ("MAX_DEPTH", "0"),
        ("MAX_DEPTH", "deep"),
        ("RATE_LIMIT_USER", "600"),
        ("RATE_LIMIT_USER", "0/1m"),
        ("SUBGRAPH_URLS", "auth"),
        ("CORS_ORIGINS", "localhost:5173"),
        ("CORS_ORIGINS", "https://app.example/page"),
        ("PORT", "70000"),
        ("AUTHORIZATION", "maybe"),
        ("GRAPHIQL", "perhaps"),
        ("LOG_LEVEL", "loud"),
        ("PATH", "graphql"),
    ],
)
def test_a_wrong_value_names_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"ROUTER_{name}", value)
    with pytest.raises(StartupError, match=f"ROUTER_{name}") as caught:
        load_settings()
    assert "\n" not in str(caught.value)


def test_an_unknown_variable_names_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_MAX_DEPHT", "3")
    with pytest.raises(StartupError, match=r"ROUTER_MAX_DEPHT .* ROUTER_MAX_DEPTH\?"):
        load_settings()


def test_the_command_line_comes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_PORT", "1234")
    assert load_settings(port=4321).port == 4321


def test_production_closes_what_development_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROUTER_ENV", "production")
    settings = load_settings()
    assert not settings.introspection
    assert not settings.graphiql
    assert not settings.suggestions
    assert settings.log_format == "json"
    monkeypatch.setenv("ROUTER_INTROSPECTION", "true")
    assert load_settings().introspection


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"ENV": "production", "CORS_ORIGINS": "*"}, "ROUTER_CORS_ORIGINS"),
        ({"PERSISTED_OPERATIONS_ONLY": "true"}, "ROUTER_PERSISTED_OPERATIONS"),
        ({"REVOCATIONS_URL": "http://auth/revocations"}, "ROUTER_JWKS_URL"),
    ],
)
def test_unsafe_combinations_are_refused(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"ROUTER_{name}", value)
    with pytest.raises(StartupError, match=named):
        load_settings()


def test_the_structure_file_is_read_and_judged(tmp_path: Path) -> None:
    path = tmp_path / "router.yaml"
    path.write_text(
        "subgraphs: {auth: {timeout: 2s, retries: 0}}\n"
        "issuers: [{issuer: https://id.example, jwks_url: https://id.example/jwks.json}]\n"
        "field_rate_limits: {Mutation.login: 10/1m}\n"
    )
    structure = load_structure(path)
    assert structure.subgraphs["auth"].timeout == 2
    assert structure.issuers[0].issuer == "https://id.example"
    assert structure.field_rate_limits == {"Mutation.login": (10, 60)}
    assert load_structure(None).subgraphs == {}


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("subgraphs: {auth: {timeuot: 2s}}", r"subgraphs\.auth\.timeuot"),
        ("subgraphs: {auth: {timeout: 2}}", r"subgraphs\.auth\.timeout"),
        ("field_rate_limits: {Mutation.login: often}", r"field_rate_limits\.Mutation\.login"),
        ("issuers: [{jwks_url: a}, {jwks_url: b}]", "told apart"),
        ("issuers: [{}]", r"issuers\.0\.jwks_url"),
        ("a: [", "is not YAML"),
    ],
)
def test_a_wrong_structure_file_names_the_place(tmp_path: Path, content: str, named: str) -> None:
    path = tmp_path / "router.yaml"
    path.write_text(content)
    with pytest.raises(StartupError, match=named) as caught:
        load_structure(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_setting_says_what_it_is_for() -> None:
    for name, field in RouterSettings.model_fields.items():
        assert field.description, name
