"""Postgres refuses to run as root, so a root launcher starts it as somebody else.

First choice is a user namespace in which root is called 65534: files stay root's, no folder has to
be opened to others. Where the kernel or a container forbids it, the server runs as `nobody`, who
must then own the data folder and be able to reach it.
"""

import ctypes
import os
import pwd
import sys
from collections.abc import Callable
from pathlib import Path

from devstack.errors import DiskError

_CLONE_NEWUSER = 0x10000000
_OVERFLOW_ID = 65534
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def enter_user_namespace() -> None:
    """Become 65534 in a namespace of our own, in which the root outside is that user.

    Raises:
        OSError: The kernel does not allow it.
    """
    if _LIBC is None:
        raise OSError("no user namespaces on this system")
    if _LIBC.unshare(_CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    for name, content in (
        ("setgroups", "deny"),
        ("uid_map", f"{_OVERFLOW_ID} 0 1"),
        ("gid_map", f"{_OVERFLOW_ID} 0 1"),
    ):
        descriptor = os.open(f"/proc/self/{name}", os.O_WRONLY)
        os.write(descriptor, content.encode())
        os.close(descriptor)


def become_nobody() -> None:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def leave_root(folder: Path) -> Callable[[], None] | None:
    """What a child must do before it runs a program that refuses root; None for a normal user.

    Args:
        folder: Where the program keeps its files; given to `nobody` when namespaces are refused.

    Raises:
        DiskError: `nobody` cannot reach `folder`.
    """
    if os.geteuid() != 0:
        return None
    if _succeeds_in_child(enter_user_namespace):
        return enter_user_namespace
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != nobody.pw_uid:
            os.lchown(path, nobody.pw_uid, nobody.pw_gid)

    def enter_folder() -> None:
        become_nobody()
        os.chdir(folder)

    if not _succeeds_in_child(enter_folder):
        raise DiskError(
            "Postgres (which must not run as root, so runs as nobody)",
            folder,
            "nobody cannot reach it; use a folder that others may enter, or run as a normal user",
        )
    return become_nobody


def _succeeds_in_child(action: Callable[[], None]) -> bool:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0
