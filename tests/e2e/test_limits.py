"""What the router refuses before any subgraph hears of it, and how it says so."""

import pytest

from tests.support.graph_client import GraphClient, Person

RESPONSE_JSON = {"accept": "application/graphql-response+json"}


async def refusal(client: GraphClient, operation: str, person: Person | None = None) -> object:
    """HTTP status, code and limit of an operation that is refused as a whole."""
    token = person.access_token if person else None
    answer = await client.send(operation, token=token, headers=RESPONSE_JSON)
    assert answer.partial_data is None
    (error, *_) = answer.errors
    return answer.status, error["extensions"]["code"], error["extensions"].get("limit")


async def test_too_deep(client: GraphClient, alice: Person) -> None:
    operation = "{ id }"
    for _ in range(4):
        operation = f"{{ tasks {{ nodes {{ owner {operation} }} }} }}"
    assert await refusal(client, operation, alice) == (400, "QUERY_TOO_DEEP", 10)


async def test_too_many_aliases(client: GraphClient) -> None:
    aliases = " ".join(f"a{number}: me {{ id }}" for number in range(16))
    assert await refusal(client, f"{{ {aliases} }}") == (400, "TOO_MANY_ALIASES", 15)


async def test_too_expensive(client: GraphClient, alice: Person) -> None:
    operation = """{ tasks(first: 100) { nodes { owner { tasks(first: 100) {
      nodes { id title } } } } } }"""
    assert await refusal(client, operation, alice) == (400, "QUERY_TOO_COMPLEX", 2000)


async def test_many_guesses_in_one_request(client: GraphClient, alice: Person) -> None:
    guess = '{name}: login(input: {{ identifier: "alice", password: "guess 1 guess 1" }})'
    guesses = " ".join(guess.format(name=name) + " { userErrors { code } }" for name in "ab")
    assert await refusal(client, f"mutation {{ {guesses} }}") == (400, "BATCH_NOT_ALLOWED", None)
    batch = await client.http.post(
        "/graphql", json=[{"query": "{ me { id } }"}] * 2, headers=RESPONSE_JSON
    )
    assert batch.status_code == 400
    assert batch.json()["errors"][0]["extensions"]["code"] == "BATCH_NOT_ALLOWED"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("{ me { usernme } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ me {", "GRAPHQL_PARSE_FAILED"),
        ("{ _service { sdl } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ _entities(representations: []) { __typename } }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_mistakes_of_the_developer(client: GraphClient, operation: str, code: str) -> None:
    assert await refusal(client, operation) == (400, code, None)
    as_json = await client.send(operation, headers={"accept": "application/json"})
    assert (as_json.status, as_json.codes[0]) == (200, code)


async def test_a_misspelt_field_is_suggested(client: GraphClient) -> None:
    answer = await client.send("{ me { usernme } }")
    assert "username" in answer.errors[0]["message"]


async def test_a_moment_needs_an_offset(client: GraphClient, alice: Person) -> None:
    answer = await client.send(
        "query($t: DateTime!) { tasks(filter: { dueAt: { from: $t } }) { totalCount } }",
        {"t": "2026-12-01T10:00:00"},
        token=alice.access_token,
        headers=RESPONSE_JSON,
    )
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])


async def test_a_mutation_over_get_is_refused(client: GraphClient) -> None:
    response = await client.http.get(
        "/graphql", params={"query": "mutation { logout { sessionEnded } }"}
    )
    assert response.status_code == 405


async def test_introspection_passes_and_names_the_roots(client: GraphClient) -> None:
    answer = await client.send("{ __schema { queryType { name } types { name } } }")
    schema = answer.data["__schema"]
    names = {record["name"] for record in schema["types"]}
    assert schema["queryType"] == {"name": "Query"}
    assert {"User", "Task", "TaskConnection"} <= names
    assert not {name for name in names if name.startswith(("join__", "_Service", "_Any"))}
