"""Everything that `make up` runs, in the order in which it starts.

    databases, broker → migrations and the supergraph, side by side → subgraphs, workers, router

The kernel ends every child when the launcher ends, so nothing is left behind by a kill -9 either;
this needs that children are started from a thread that lives as long as the launcher.
"""

import fcntl
import threading
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import yaml

from devstack.development_values import development_secrets, development_values
from devstack.errors import (
    AlreadyRunningError,
    DiskError,
    PartEndedError,
    PartFailedError,
    PortTakenError,
    SettingError,
)
from devstack.log_lines import LineSink
from devstack.nats import EmbeddedNats
from devstack.parts import Part, RunningPart, launch_part, start_fork_server
from devstack.postgres import EmbeddedPostgres
from devstack.process import LOOPBACK, is_port_free
from devstack.restarts import Restarts
from devstack.settings import DEFAULT_PORTS

CHECKOUT = Path(__file__).resolve().parent.parent

_READY_TIMEOUT_S = 60.0
_POLL_S = 0.02
_SUPERVISION_S = 0.2


class StopRequested(Exception):  # noqa: N818 - no error: the person asked
    """Ctrl-C or a signal came while the stack was starting."""


class Stack:
    """The running system of one data folder.

    Args:
        data_dir: Databases, streams, keys and the composed supergraph.
        environment: Variables of the parts; they win over the launcher's development values.
        sink: Shows what the parts print.
        stop_requested: Set from outside (a signal handler) to give up while starting.
    """

    def __init__(
        self,
        data_dir: Path,
        *,
        environment: Mapping[str, str],
        sink: LineSink,
        stop_requested: threading.Event | None = None,
    ) -> None:
        self.data_dir = data_dir.absolute()
        self.supergraph_file = self.data_dir / "supergraph.graphql"
        self.ports = {name: _port(name, environment, port) for name, port in DEFAULT_PORTS.items()}
        self.databases: dict[str, EmbeddedPostgres] = {}
        self.broker: EmbeddedNats | None = None
        self.parts: list[RunningPart] = []
        self._given = dict(environment)
        self._environment: dict[str, str] = {}
        self._sink = sink
        self._stop_requested = stop_requested or threading.Event()
        self._restarts = Restarts()
        self._lock: IO[str] | None = None

    @property
    def router_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['ROUTER_PORT']}"

    def database_url(self, name: str) -> str:
        """Where the database of "auth" or "tasks" is, in SQLAlchemy's form."""
        return self._environment[f"{name.upper()}_DATABASE_URL"]

    def start(self) -> None:
        """Start everything and wait until the router answers.

        Raises:
            DevstackError: One sentence; the caller still calls `stop`.
            StopRequested: The person gave up.
        """
        try:
            self._lock_data()
            self._refuse_taken_ports()
            start_fork_server()
            self._start_servers()
            configuration = self._write_supergraph_configuration()
        except OSError as error:
            raise DiskError("The launcher", self.data_dir, error.strerror or str(error)) from error
        self._run_once(
            Part("auth-migrate", "auth_subgraph", ("migrate",)),
            Part("tasks-migrate", "tasks_subgraph", ("migrate",)),
            Part("compose", "router", ("compose", configuration, "-o", str(self.supergraph_file))),
        )
        self._serve()

    def wait(self) -> None:
        """Return when a stop is requested; start again what ends meanwhile.

        Raises:
            PartEndedError: A part ends again and again.
        """
        while not self._stop_requested.wait(_SUPERVISION_S):
            for running in [part for part in self.parts if part.has_ended]:
                if self._may_restart(running.part.name, running.failure()):
                    self.parts.remove(running)
                    self._launch(running.part)
            for name, server in self._servers().items():
                code = server.process.poll()
                ended = PartEndedError(name, code, f"see {server.log_file}")
                if code is not None and self._may_restart(name, ended):
                    server.start()

    def stop_part(self, name: str) -> Part:
        """Stop one of our own programs and leave the rest running."""
        (running,) = (part for part in self.parts if part.part.name == name)
        self.parts.remove(running)
        running.request_stop()
        running.wait_for_end()
        return running.part

    def start_part(self, part: Part) -> None:
        """Start a stopped part again and wait until it answers."""
        self._launch(part)
        self._wait_until_ready()

    def stop(self) -> None:
        """Stop our own programs, then broker and databases; harmless when little has started."""
        auth = [running for running in self.parts if running.part.name == "auth"]
        others = [running for running in self.parts if running not in auth]
        for together in (others, auth):  # the others ask auth to their end
            for running in together:
                running.request_stop()
            for running in together:
                running.wait_for_end()
        if self.broker is not None:
            self.broker.stop()
        for database in self.databases.values():
            database.stop()
        if self._lock is not None:
            self._lock.close()

    def _lock_data(self) -> None:
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self._lock = (self.data_dir / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunningError("Another launcher", self.data_dir) from None

    def _refuse_taken_ports(self) -> None:
        for variable, port in self.ports.items():
            if not is_port_free(port):
                raise PortTakenError(port, variable.removesuffix("_PORT").lower(), variable)

    def _start_servers(self) -> None:
        """Start what the environment does not name, from this thread: a child dies with it."""
        secrets = development_secrets(self.data_dir / "secrets")
        urls: dict[str, str] = {}
        for name in ("auth", "tasks"):
            given = self._given.get(f"{name.upper()}_DATABASE_URL")
            urls[name] = given or self._start_database(name, secrets.database_password)
        events_url = self._given.get("TASKS_EVENTS_URL") or self._given.get("AUTH_EVENTS_URL")
        if events_url is None:
            self.broker = EmbeddedNats(
                self.data_dir / "nats", log_file=self.data_dir / "log" / "nats.log"
            )
            events_url = self.broker.start().url
        made = development_values(
            secrets, ports=self.ports, database_urls=urls, events_url=events_url
        )
        self._environment = {**made, **self._given}

    def _start_database(self, name: str, password: str) -> str:
        """Start the server of one subgraph, and give the URL of its database."""
        server = EmbeddedPostgres(
            self.data_dir / f"{name}_db",
            password=password,
            log_file=self.data_dir / "log" / f"{name}_db.log",
            database=f"{name}_db",
        )
        self.databases[name] = server
        return server.start().url(driver="postgresql+asyncpg")

    def _write_supergraph_configuration(self) -> str:
        """The checkout's supergraph.yaml with the addresses of this stack."""
        source = CHECKOUT / "schema" / "supergraph.yaml"
        configuration = yaml.safe_load(source.read_text())
        for name, subgraph in configuration["subgraphs"].items():
            subgraph["routing_url"] = (
                f"http://{LOOPBACK}:{self.ports[name.upper() + '_PORT']}/graphql"
            )
            subgraph["schema"]["file"] = str(source.parent / subgraph["schema"]["file"])
        written = self.data_dir / "supergraph.yaml"
        written.write_text(yaml.safe_dump(configuration, sort_keys=False))
        return str(written)

    def _run_once(self, *parts: Part) -> None:
        """Run parts side by side to their end; what they print counts only when one fails."""
        printed: list[tuple[str, str]] = []
        started = [self._launch(part, lambda *line: printed.append(line)) for part in parts]
        for running in started:
            while not running.has_ended:
                self._pause()
            if running.process.exitcode != 0:
                failure = running.failure()
                for part, line in printed:
                    self._sink(part, line)
                raise failure
            self.parts.remove(running)

    def _serve(self) -> None:
        """Start auth first: the others ask it for keys and ended sessions."""
        auth = f"http://{LOOPBACK}:{self.ports['AUTH_PORT']}"
        tasks = f"http://{LOOPBACK}:{self.ports['TASKS_PORT']}"
        router = ("serve", "--supergraph", str(self.supergraph_file))
        self._launch(Part("auth", "auth_subgraph", ("serve",), auth))
        self._launch(Part("auth-worker", "auth_subgraph", ("work",)))
        self._wait_until_ready()
        self._launch(Part("tasks", "tasks_subgraph", ("serve",), tasks))
        self._launch(Part("router", "router", router, self.router_url))
        self._launch(Part("tasks-worker", "tasks_subgraph", ("work",)))
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_TIMEOUT_S
        for running in self.parts:
            address = running.part.address
            while address is not None and not _is_ready(address):
                self._refuse_ended_parts()
                if time.monotonic() > deadline:
                    reason = f"{address} is not ready after {_READY_TIMEOUT_S:.0f} s"
                    raise PartFailedError(running.part.name, reason)
                self._pause()
        self._refuse_ended_parts()

    def _launch(self, part: Part, sink: LineSink | None = None) -> RunningPart:
        running = launch_part(
            part, environment=self._environment, folder=CHECKOUT, sink=sink or self._sink
        )
        self.parts.append(running)
        return running

    def _may_restart(self, name: str, ended: PartEndedError) -> bool:
        """Say what ended and wait; False when the person stops everything meanwhile."""
        pause_s = self._restarts.pause_s(name)
        if pause_s is None:
            raise ended
        self._sink("launcher", f"{ended}; it starts again in {pause_s:g} s")
        return not self._stop_requested.wait(pause_s)

    def _servers(self) -> dict[str, EmbeddedPostgres | EmbeddedNats]:
        servers: dict[str, EmbeddedPostgres | EmbeddedNats] = {
            f"{name}-db": database for name, database in self.databases.items()
        }
        return servers if self.broker is None else {**servers, "broker": self.broker}

    def _refuse_ended_parts(self) -> None:
        for running in self.parts:
            running.refuse_end()

    def _pause(self) -> None:
        if self._stop_requested.wait(_POLL_S):
            raise StopRequested


def _port(name: str, environment: Mapping[str, str], default: int) -> int:
    value = environment.get(name, str(default))
    if not value.isdecimal() or not 0 < int(value) < 65536:
        raise SettingError(name, value, "a port number, 1 to 65535")
    return int(value)


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
