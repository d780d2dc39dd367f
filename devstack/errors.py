"""What can go wrong around the parts: always one sentence for the person at the terminal."""

from pathlib import Path


class DevstackError(Exception):
    """The stack cannot start or go on; the message says what is wrong and what to do.

    DevstackError
    ├── PortTakenError       somebody listens on a part's port
    ├── DiskError            a folder cannot be written: rights, read-only, full
    ├── DataVersionError     a data folder of another major version
    ├── AlreadyRunningError  the same data folder is in use
    ├── MissingProgramError  a server's program is not installed
    ├── SettingError         a variable of the launcher or of `.env` is wrong
    ├── PartFailedError      a part did not start
    └── PartEndedError       a part ended by itself
    """

    exit_code = 1


class PortTakenError(DevstackError):
    def __init__(self, port: int, part: str, variable: str | None = None) -> None:
        advice = f" or set {variable}" if variable else ""
        super().__init__(f"Port {port} of {part} is taken: stop what listens there{advice}.")
        self.port = port


class DiskError(DevstackError):
    def __init__(self, part: str, folder: Path, reason: str) -> None:
        super().__init__(f"{part} cannot use {folder}: {reason}.")
        self.folder = folder


class DataVersionError(DevstackError):
    """`data_version` is None when the folder is none of the server's."""

    def __init__(self, folder: Path, data_version: str | None, program_version: str) -> None:
        made_by = f"Postgres {data_version}" if data_version else "something else"
        super().__init__(
            f"{folder} was made by {made_by}, this is Postgres {program_version}: "
            "move the folder away (dump and restore what you need) and start again."
        )


class AlreadyRunningError(DevstackError):
    def __init__(self, part: str, folder: Path, pid: int | None = None) -> None:
        process = f" (process {pid})" if pid else ""
        super().__init__(f"{part}{process} already uses {folder}: stop it first.")


class MissingProgramError(DevstackError):
    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            f"No `{program}` here: install requirements.txt ({package}) or put one on PATH."
        )


class SettingError(DevstackError):
    def __init__(self, name: str, value: str, wanted: str) -> None:
        super().__init__(f"{name} is {value!r}: it must be {wanted}.")


class PartFailedError(DevstackError):
    def __init__(self, part: str, reason: str, log_file: Path | None = None) -> None:
        where = f" Its log: {log_file}" if log_file else ""
        super().__init__(f"{part} did not start: {reason}.{where}")


class PartEndedError(DevstackError):
    def __init__(self, part: str, exit_code: int | None, last_line: str) -> None:
        super().__init__(f"{part} ended with exit code {exit_code}: {last_line}")
