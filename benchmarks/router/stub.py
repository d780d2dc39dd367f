"""All stub subgraphs in one process, as cheap as Python allows: answers are made once, then copied.

`python -m benchmarks.router.stub JWKS` prints the port it listens on. Subgraph S of graph G is at
/G/S, and the key set given is at /jwks.

An answer is executed by graphql-core the first time a text comes with these variables. The one
variable that differs in every request of the `unique` workloads is cut out of the key and put back
into the answer as bytes, so that a unique request costs the stub no more than a repeated one.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, cast

import httptools
import msgspec
import uvloop
from graphql import (
    GraphQLResolveInfo,
    GraphQLSchema,
    build_ast_schema,
    execute_sync,
    parse,
)
from graphql.language import DocumentNode, ObjectTypeDefinitionNode

from benchmarks.router import data

GRAPHS = Path(__file__).parent / "graphs"
UNIQUE_PREFIX = "page-"
PLACEHOLDER = "page-@"
CACHED_ANSWERS = 20_000

Resolver: TypeAlias = Callable[..., Any]
Answerer: TypeAlias = Callable[[bytes], bytes]
ENTITIES: dict[str, dict[str, Callable[[data.Record], data.Record]]] = {
    "tasks/tasks": {"Task": lambda r: data.listed_task(data.number(r["id"]), 5), "User": dict},
    "tasks/users": {"User": lambda r: data.user(r["id"])},
    "projects/projects": {"User": dict},
    "projects/tasks": {
        "Project": lambda r: data.tasks_of_project(r["id"]),
        "Task": lambda r: data.project_task(r["id"]),
        "User": lambda r: data.open_tasks_of(r["id"]),
    },
    "projects/people": {"User": lambda r: data.person(r["id"])},
    "projects/billing": {"User": lambda r: data.rate_of(r["id"]), "Task": data.cost_of},
}
ROOTS: dict[str, dict[str, Resolver]] = {
    "tasks/tasks": {"tasks": lambda _info, page, first: data.tasks_page(page, first)},
    "projects/projects": {"projects": lambda _info, page: data.projects_page(page)},
}


class Subgraph:
    """One subgraph: its schema with the fields of federation, and the answers made so far."""

    def __init__(self, name: str) -> None:
        self._sdl = (GRAPHS / f"{name}.graphql").read_text()
        self._schema = executable_schema(parse(self._sdl))
        self._root: dict[str, Any] = {
            "_service": {"sdl": self._sdl},
            "_entities": entity_resolver(ENTITIES.get(name, {})),
            **ROOTS.get(name, {}),
        }
        self._answers: dict[bytes, bytes] = {}

    def answer(self, body: bytes) -> bytes:
        known = self._answers.get(body)
        if known is not None:
            return known
        request = msgspec.json.decode(body)
        variables = request.get("variables") or {}
        unique = next((n for n, v in variables.items() if is_unique(v)), None)
        if unique is None:
            return self._remember(body, self._execute(request["query"], variables))
        page, variables[unique] = variables[unique], PLACEHOLDER
        key = msgspec.json.encode([request["query"], variables])
        template = self._answers.get(key)
        if template is None:
            template = self._remember(key, self._execute(request["query"], variables))
        return template.replace(PLACEHOLDER.encode(), page.encode())

    def _execute(self, text: str, variables: dict[str, Any]) -> bytes:
        result = execute_sync(self._schema, parse(text), self._root, variable_values=variables)
        return msgspec.json.encode(result.formatted)

    def _remember(self, key: bytes, answer: bytes) -> bytes:
        if len(self._answers) >= CACHED_ANSWERS:
            self._answers.clear()
        self._answers[key] = answer
        return answer


def is_unique(value: object) -> bool:
    return isinstance(value, str) and value.startswith(UNIQUE_PREFIX)


def executable_schema(document: DocumentNode) -> GraphQLSchema:
    types = [node for node in document.definitions if isinstance(node, ObjectTypeDefinitionNode)]
    entities = [
        t.name.value for t in types if any(d.name.value == "key" for d in t.directives or ())
    ]
    federation = parse(f"""
        scalar _Any
        union _Entity = {" | ".join(entities)}
        type _Service {{ sdl: String! }}
        extend type Query {{
          _service: _Service!
          _entities(representations: [_Any!]!): [_Entity]!
        }}
    """)
    return build_ast_schema(
        DocumentNode(definitions=(*types, *federation.definitions)), assume_valid_sdl=True
    )


def entity_resolver(by_type: dict[str, Callable[[data.Record], data.Record]]) -> Resolver:
    def resolve(
        _info: GraphQLResolveInfo[Any], representations: list[data.Record]
    ) -> list[data.Record]:
        return [by_type[r["__typename"]](r) for r in representations]

    return resolve


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests on it are answered in order, at once."""

    def __init__(self, answerers: dict[bytes, Answerer]) -> None:
        self._answerers = answerers
        self._parser = httptools.HttpRequestParser(self)
        self._url = b""
        self._body: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass

    def data_received(self, chunk: bytes) -> None:
        self._parser.feed_data(chunk)

    def on_message_begin(self) -> None:
        self._url = b""
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        answer = self._answerers[self._url](b"".join(self._body))
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (len(answer), answer)
        )


async def serve(jwks: str) -> None:
    names = [f"{path.parent.name}/{path.stem}" for path in GRAPHS.glob("*/*.graphql")]
    answerers: dict[bytes, Answerer] = {f"/{n}".encode(): Subgraph(n).answer for n in names}
    answerers[b"/jwks"] = lambda _body: jwks.encode()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(answerers), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(sys.argv[1]))
