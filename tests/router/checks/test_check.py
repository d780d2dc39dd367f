"""`router check` from outside: what is printed for each kind of change, formats, exit codes.

A case is a text file: the schema before, the schema after, what clients send, what a router has
seen, what is printed.
"""

import json
import os
import re
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from graphql import build_schema, introspection_from_schema

from router.checks.formats.junit import junit
from router.checks.formats.sarif import sarif
from router.checks.report import Finding, Level, Report
from router.cli import main

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))
HEADINGS = re.compile(r"^--- (\w+)(?: (.*))?\n", re.MULTILINE)
GIT = shutil.which("git") or "git"
COMMITTED = "2026-03-02T12:00:00Z"
UPDATE = os.getenv("UPDATE_SNAPSHOTS") == "1"

SCHEMA = """\
type Query {
  "All of them."
  tasks(first: Int): [Task!]
}

type Task {
  id: ID!
  title: String!
  note: String
}
"""
OPERATION = "query Titles { tasks { title } }"


class Project:
    """A folder with one subgraph, its operations, and Git to compare with."""

    def __init__(self, folder: Path, schema: str = SCHEMA) -> None:
        self.folder = folder
        self.configuration = folder / "supergraph.yaml"
        self.configuration.write_text(
            "subgraphs: {tasks: {routing_url: http://tasks, schema: {file: tasks.graphql}}}\n"
        )
        self.write_schema(schema)
        (folder / "operations").mkdir()

    def write_schema(self, schema: str) -> None:
        (self.folder / "tasks.graphql").write_text(schema)

    def write_operation(self, text: str) -> None:
        name = re.split(r"\W+", text)[1]
        (self.folder / "operations" / f"{name}.graphql").write_text(text)

    def commit(self) -> None:
        author = ("-c", "user.name=a", "-c", "user.email=a@example.com")
        commit = (*author, "commit", "-qm", "before", f"--date={COMMITTED}")
        for command in (("init", "-q"), ("add", "."), commit):
            subprocess.run((GIT, *command), cwd=self.folder, check=True, capture_output=True)

    def check(self, *arguments: str) -> int:
        return main(["check", str(self.configuration), *arguments])


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path)
    project.write_operation(OPERATION)
    project.commit()
    return project


@pytest.mark.parametrize("case", CASES, ids=[case.stem for case in CASES])
def test_what_is_printed(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = case.read_text()
    parts = HEADINGS.split(text)[1:]
    sections = [(parts[i], parts[i + 1] or "", parts[i + 2]) for i in range(0, len(parts), 3)]
    before, after = (next(s[2] for s in sections if s[0] == name) for name in ("before", "after"))
    project = Project(tmp_path, before)
    for name, _, content in sections:
        if name == "operation":
            project.write_operation(content)
    project.commit()
    project.write_schema(after)
    arguments = next(s[1].split() for s in sections if s[0] == "after")
    for name, _, content in sections:
        if name == "usage":
            (tmp_path / "usage.json").write_text(content)
            arguments += ["--usage", str(tmp_path / "usage.json")]
    code = project.check("--against", "HEAD", *arguments)
    printed = capsys.readouterr().out.replace(f"{tmp_path}{os.sep}", "") + f"exit code {code}\n"
    if UPDATE:
        case.write_text(text[: text.index("--- printed\n")] + "--- printed\n" + printed)
    assert printed == next(s[2] for s in sections if s[0] == "printed")


def test_nothing_changed_is_good(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.check("--against", "HEAD") == 0
    assert capsys.readouterr().out == "Passed: 0 breaking, 0 dangerous, 0 safe changes.\n"


def test_an_sdl_file_is_a_baseline(project: Project, tmp_path: Path) -> None:
    old = tmp_path / "api.graphql"
    old.write_text(SCHEMA.replace("note: String", "note: String\n  extra: Int"))
    assert project.check("--against", str(old)) == 1


class Introspected(BaseHTTPRequestHandler):
    """An endpoint that answers introspection to those who may ask."""

    def do_POST(self) -> None:
        schema = build_schema(SCHEMA.replace("note: String", "note: String extra: Int"))
        answer: dict[str, object] = {"errors": [{"message": "Not allowed."}]}
        if self.headers["authorization"] == "Bearer x":
            answer = {"data": introspection_from_schema(schema)}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_an_endpoint_is_a_baseline(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with HTTPServer(("127.0.0.1", 0), Introspected) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        against = ("--against", f"http://127.0.0.1:{server.server_port}/graphql")
        assert project.check(*against, "--header", "Authorization: Bearer x") == 1
        assert "Field Task.extra was removed." in capsys.readouterr().out
        assert project.check(*against) == 2
        assert "does not answer to introspection: Not allowed." in capsys.readouterr().err
        server.shutdown()
        thread.join()


def test_what_a_usage_file_saw_counts(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    usage = tmp_path / "usage.json"
    seen = {
        "hash": "ab12",
        "name": "Notes",
        "coordinates": ["Task.note"],
        "count": 1204,
        "lastSeen": "2026-11-20",
    }
    usage.write_text(json.dumps({"operations": [seen]}))
    project.write_schema(SCHEMA.replace("  note: String\n", ""))
    assert project.check("--against", "HEAD", "--allow-unused") == 0
    assert project.check("--against", "HEAD", "--allow-unused", "--usage", str(usage)) == 1
    assert "1,204 requests, last seen 2026-11-20" in capsys.readouterr().out


def test_lint_levels_come_from_a_file(project: Project, tmp_path: Path) -> None:
    project.write_schema(SCHEMA.replace("(first: Int)", ""))
    levels = tmp_path / "lint.yaml"
    for level, code in (("off", 0), ("warning", 0), ("error", 1)):
        levels.write_text(f"bounded-lists: {level}\n")
        assert project.check() == code


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--against", "no-such-ref"], "neither a file nor a Git ref"),
        (["--against", ""], "--against is empty"),
        (["--against=--output=x"], "neither a file nor a Git ref"),
        (["--against", "http://127.0.0.1:9/", "--header", "token"], "write it as 'Name: value'"),
        (["--against", "http://127.0.0.1:9/graphql"], "does not answer: "),
        (["--operations", "nowhere"], "nowhere is no folder"),
        (["--usage", "nowhere.json"], "nowhere.json: No such file"),
        (["--lint", "nowhere.yaml"], "nowhere.yaml: No such file"),
    ],
)
def test_input_that_cannot_be_used_is_wrong_usage(
    project: Project,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert project.check(*arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert message in printed.err


@pytest.fixture
def breaking(project: Project) -> Project:
    project.write_schema(SCHEMA.replace("  title: String!\n", ""))
    return project


def test_json_names_the_place_and_the_users(
    breaking: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    breaking.check("--against", "HEAD", "--format", "json")
    record = json.loads(capsys.readouterr().out)
    assert record["ok"] is False
    assert record["counts"] == {"breaking": 1, "dangerous": 0, "safe": 0}
    (finding,) = record["findings"]
    assert finding["coordinate"] == "Task.title"
    assert finding["location"]["line"] == 6
    assert [user["name"] for user in finding["usedBy"]] == ["Titles"]


def test_github_annotates_the_line(breaking: Project, capsys: pytest.CaptureFixture[str]) -> None:
    breaking.check("--against", "HEAD", "--format", "github")
    (line,) = capsys.readouterr().out.splitlines()
    file = breaking.folder / "tasks.graphql"
    assert line.startswith(
        f"::error title=FIELD_REMOVED,file={file},line=6,col=6::Field Task.title"
    )
    assert "%0AUsed by Titles" in line
    assert "%0Ain clients: " in line


def test_junit_has_one_failed_case(breaking: Project, capsys: pytest.CaptureFixture[str]) -> None:
    breaking.check("--against", "HEAD", "--format", "junit")
    root = ET.fromstring(capsys.readouterr().out)  # noqa: S314 (written by us)
    (suite,) = root
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "1", "0")
    assert [case.get("name") for case in suite] == ["FIELD_REMOVED Task.title"]


def test_sarif_points_at_the_line(breaking: Project, capsys: pytest.CaptureFixture[str]) -> None:
    breaking.check("--against", "HEAD", "--format", "sarif")
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    (result,) = run["results"]
    assert (result["ruleId"], result["level"]) == ("FIELD_REMOVED", "error")
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 6, "startColumn": 6}


UNPLACED = Report(
    (Finding(Level.ERROR, "NO_QUERIES", "", "No subgraph has a query\x07"),), "schema/graph.yaml"
)


def test_sarif_gives_every_result_a_place() -> None:
    (result,) = json.loads(sarif(UNPLACED))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "schema/graph.yaml"}
    assert place["region"] == {"startLine": 1, "startColumn": 1}


def test_junit_is_xml_whatever_a_schema_quotes() -> None:
    ((case,),) = ET.fromstring(junit(UNPLACED))  # noqa: S314 (written by us)
    (failure,) = case
    assert failure.get("type") == "NO_QUERIES"
    assert failure.get("message") == "No subgraph has a query\ufffd"


STRAWBERRY = """
import strawberry

@strawberry.type
class Task:
    id: strawberry.ID
    title: str

    @strawberry.field
    def note(self) -> str:
        return ""

@strawberry.type
class Query:
    tasks: list[Task]

schema = strawberry.Schema(Query)
"""


def test_a_finding_names_the_python_line_of_a_strawberry_schema(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = project.folder / "strawberry_tasks.py"
    file.write_text(STRAWBERRY)
    monkeypatch.syspath_prepend(project.folder)
    monkeypatch.chdir(project.folder)
    project.write_schema(SCHEMA.replace("note: String", "note: Int").replace("title: String!", ""))
    assert project.check("--against", "HEAD", "--python", "strawberry_tasks:schema") == 1
    printed = capsys.readouterr().out
    assert "Field Task.note changed type" in printed
    assert "made by strawberry_tasks.py:10\n" in printed
    assert "made by strawberry_tasks.py:7\n" in printed
    assert project.check("--python", "strawberry_tasks:missing") == 2


def test_a_module_shows_its_lines_and_has_no_past_in_git(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (project.folder / "strawberry_notes.py").write_text(STRAWBERRY)
    monkeypatch.syspath_prepend(project.folder)
    monkeypatch.chdir(project.folder)
    project.configuration.write_text(
        "subgraphs: {tasks: {routing_url: http://x, schema: {module: 'strawberry_notes:schema'}}}"
    )
    old = project.folder / "old.graphql"
    old.write_text(SCHEMA)
    assert project.check("--against", str(old)) == 1
    assert "made by strawberry_notes.py:" in capsys.readouterr().out
    project.commit()
    assert project.check("--against", "HEAD") == 2
    assert "HEAD does not hold the SDL of subgraph tasks" in capsys.readouterr().err


def test_diff_compares_two_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(SCHEMA)
    new.write_text(SCHEMA.replace("note: String", "remark: String"))
    assert main(["diff", str(old), str(new)]) == 1
    assert "Field Task.note was removed." in capsys.readouterr().out
    assert main(["diff", str(new), str(new)]) == 0


@pytest.mark.parametrize("text", ["[names]", "names", "{"])
def test_lint_levels_of_another_form_are_named(
    text: str, project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lint.yaml").write_text(text)
    assert project.check() == 2
    assert "lint.yaml is not a list of rules and levels" in capsys.readouterr().err


def test_diff_names_the_operations_of_a_folder(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new.graphql"
    old.write_text(SCHEMA)
    new.write_text(SCHEMA.replace("title: String!", "name: String!"))
    folder = str(project.folder / "operations")
    assert main(["diff", str(old), str(new), "--operations", folder]) == 1
    printed = capsys.readouterr().out
    assert "Renamed to Task.name?" in printed
    assert "used by Titles" in printed
    new.write_text(SCHEMA.replace("  note: String\n", ""))
    assert main(["diff", str(old), str(new), "--operations", folder, "--allow-unused"]) == 0


def test_colours_are_for_terminals_or_when_asked_for(
    breaking: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    for option, is_coloured in (("auto", False), ("never", False), ("always", True)):
        breaking.check("--against", "HEAD", "--color", option)
        assert ("\x1b[31m" in capsys.readouterr().out) == is_coloured


def test_a_path_is_a_uri_in_sarif(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old, new = tmp_path / "old.graphql", tmp_path / "new one.graphql"
    old.write_text(SCHEMA)
    new.write_text(SCHEMA.replace("note: String", "note: Int"))
    main(["diff", str(old), str(new), "--format", "sarif"])
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    location = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location["uri"].endswith("new%20one.graphql")


def test_the_configuration_is_found_in_its_usual_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["check"]) == 2
    assert "name the file, or let `init` write one" in capsys.readouterr().err
    (tmp_path / "tasks.graphql").write_text(SCHEMA)
    assert main(["init"]) == 0
    assert main(["check"]) == 0


def test_this_project_passes_its_own_check(capsys: pytest.CaptureFixture[str]) -> None:
    schema = Path(__file__).parents[3] / "schema"
    assert main(["check", str(schema / "supergraph.yaml")]) == 0, capsys.readouterr().out
