"""The container files agree with one another and with what the images hold."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from auth_subgraph.settings import AuthSettings
from devstack.environment import COMPOSE_VARIABLES, variables
from devstack.product_values import ROUTER_VALUES
from router.settings import RouterSettings
from tasks_subgraph.settings import TasksSettings

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    parsed = yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())
    services: dict[str, dict[str, Any]] = parsed["services"]
    return services


def of_ours(services: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {name: service for name, service in services.items() if "build" in service}


def test_only_the_router_publishes_a_port(services: dict[str, dict[str, Any]]) -> None:
    default = {name for name, service in services.items() if "profiles" not in service}
    assert [name for name in default if "ports" in services[name]] == ["router"]


def test_whoever_is_waited_for_as_healthy_has_a_health_check(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        for needed, how in service.get("depends_on", {}).items():
            assert needed in services, f"{name} waits for {needed}"
            if how["condition"] == "service_healthy":
                assert "healthcheck" in services[needed], f"{name} waits for {needed}"


def test_a_database_is_reachable_by_its_own_subgraph_only(
    services: dict[str, dict[str, Any]],
) -> None:
    for owner in ("auth", "tasks"):
        (network,) = services[f"{owner}-db"]["networks"]
        users = {name for name, service in services.items() if network in networks_of(service)}
        assert users == {f"{owner}-db", f"{owner}-migrate", owner, f"{owner}-worker"}


def test_no_secret_has_a_default(services: dict[str, dict[str, Any]]) -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    for name in re.findall(r"\$\{(\w*(?:PASSWORD|KEY)\w*)", text):
        assert name == "JWT_PRIVATE_KEY" or f"${{{name}:?" in text, name
        assert f"${{{name}:-" not in text or name == "JWT_PRIVATE_KEY"


def test_our_services_run_without_rights(services: dict[str, dict[str, Any]]) -> None:
    for name, service in of_ours(services).items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["read_only"], name
    assert re.search(r"^USER service$", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE)


def test_the_image_gets_every_file_it_copies() -> None:
    ignored = (CHECKOUT / ".dockerignore").read_text().split()
    for source in re.findall(
        r"^COPY (?!--from)(\S+)", (CHECKOUT / "Dockerfile").read_text(), re.MULTILINE
    ):
        name = source.strip("/")
        for path in ("auth_subgraph", "tasks_subgraph", "router") if "$" in name else (name,):
            assert (CHECKOUT / path).exists()
            assert f"!{path}" in ignored


def test_every_variable_is_in_the_example() -> None:
    text = (CHECKOUT / "docker-compose.yml").read_text()
    documented = {variable.name: variable.default for variable in COMPOSE_VARIABLES}
    used = dict(re.findall(r"\$\{(\w+)(?::[-?]([^}]*))?\}", text))
    assert set(used) == set(documented)
    assert all(documented[name] in (None, value) for name, value in used.items())


def test_the_router_gets_the_values_of_the_product(services: dict[str, dict[str, Any]]) -> None:
    environment = services["router"]["environment"]
    without_env_file = {
        name: re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(value))
        for name, value in environment.items()
    }
    assert {name: without_env_file.get(name) for name in ROUTER_VALUES} == ROUTER_VALUES


def test_no_variable_of_a_component_is_unknown(services: dict[str, dict[str, Any]]) -> None:
    for name, known in (
        ("auth", variables(AuthSettings)),
        ("auth-worker", variables(AuthSettings)),
        ("tasks", variables(TasksSettings)),
        ("tasks-worker", variables(TasksSettings)),
        ("router", variables(RouterSettings)),
    ):
        assert set(services[name]["environment"]) <= {variable.name for variable in known}


def test_prometheus_asks_every_service_of_ours_at_its_port(
    services: dict[str, dict[str, Any]],
) -> None:
    scraped = yaml.safe_load((CHECKOUT / "ops" / "prometheus" / "prometheus.yml").read_text())
    targets = {
        name: config["port"]
        for job in scraped["scrape_configs"]
        for config in job["dns_sd_configs"]
        for name in config["names"]
    }
    expected = {
        name: int(re.findall(r"127\.0\.0\.1:(\d+)", str(service["healthcheck"]))[0])
        for name, service in of_ours(services).items()
        if "healthcheck" in service
    }
    assert targets == expected


def networks_of(service: dict[str, Any]) -> list[str]:
    networks: list[str] = service.get("networks", [])
    return networks
