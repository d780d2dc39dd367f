"""Postgres refuses to run as root, so a root launcher starts it as somebody else.

A data folder that belongs to a user is run by that user. One that belongs to root is run in a user
namespace in which root is called 65534: files stay root's, no folder has to be opened to others.
Where the kernel or a container forbids that, the folder is given to `nobody`.
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
_NO_WAY_IN = "the folder's owner cannot reach it; put it where others may pass, or be a normal user"
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


def leave_root(folder: Path) -> Callable[[], None] | None:
    """What a child must do before it runs a program that refuses root; None for a normal user.

    Args:
        folder: Where the program keeps its files; given to `nobody` when nothing else is left.

    Raises:
        DiskError: The user who would run it cannot reach `folder`.
    """
    if os.geteuid() != 0:
        return None
    if folder.stat().st_uid == 0:
        if _succeeds_in_child(enter_user_namespace):
            return enter_user_namespace
        nobody = pwd.getpwnam("nobody")
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, nobody.pw_uid, nobody.pw_gid)
    owner = folder.stat()

    def become_owner() -> None:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)

    def enter_folder() -> None:
        become_owner()
        os.chdir(folder)

    if not _succeeds_in_child(enter_folder):
        raise DiskError("Postgres", folder, f"it refuses root, and {_NO_WAY_IN}")
    return become_owner


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
