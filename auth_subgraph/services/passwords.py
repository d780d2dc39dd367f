"""Hashing and checking passwords, away from the event loop and not too many at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple, TypeVar

import bcrypt
from passlib.context import CryptContext

from auth_subgraph.domain.passwords import MAX_CHARACTERS, normalize_password
from auth_subgraph.services.metrics import HASHES_WAITING
from subgraph_kit.errors import UnavailableError
from subgraph_kit.texts import is_storable

T = TypeVar("T")

_AT_ONCE = 4
_MAX_WAITING = 200
_OLD_BCRYPT = ("$2a$", "$2b$", "$2y$")


class Verification(NamedTuple):
    is_right: bool
    needs_rehash: bool
    """The password is right and its hash is of an old kind or with old costs."""


class PasswordHasher:
    """argon2id by passlib in a few threads; callers beyond a bound are turned away."""

    def __init__(self, *, memory_kib: int, time_cost: int) -> None:
        self._context = CryptContext(
            schemes=["argon2"],
            argon2__type="ID",
            argon2__memory_cost=memory_kib,
            argon2__time_cost=time_cost,
            argon2__parallelism=1,
        )
        self._executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="password")
        self._waiting = 0
        self._nobodys_hash = self._context.hash("nobody has this password")

    async def hash(self, password: str) -> str:
        """What to store of a password.

        Raises:
            UnavailableError: Too many callers wait already.
        """
        return await self._run(partial(self._context.hash, normalize_password(password)))

    async def verify(self, password: str, password_hash: str | None) -> Verification:
        """Compare; without a hash it takes as long and the answer is no.

        Raises:
            UnavailableError: Too many callers wait already.
        """
        return await self._run(partial(self._verify, password, password_hash))

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _verify(self, password: str, password_hash: str | None) -> Verification:
        if password_hash is not None and password_hash.startswith(_OLD_BCRYPT):
            is_right = _verify_bcrypt(password, password_hash)
            return Verification(is_right, needs_rehash=is_right)
        normalized = normalize_password(password)
        is_hashable = len(normalized) <= MAX_CHARACTERS and is_storable(normalized)
        is_equal = self._context.verify(
            normalized if is_hashable else "", password_hash or self._nobodys_hash
        )
        if password_hash is None or not is_hashable or not is_equal:
            return Verification(is_right=False, needs_rehash=False)
        return Verification(is_right=True, needs_rehash=self._context.needs_update(password_hash))

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise UnavailableError("Too many log-ins at once. Try again in a moment.")
        self._waiting += 1
        HASHES_WAITING.set(self._waiting)
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        finally:
            self._waiting -= 1
            HASHES_WAITING.set(self._waiting)


def _verify_bcrypt(password: str, password_hash: str) -> bool:
    """Compare with a hash from before this service, which saw 72 bytes and knew no NFKC.

    passlib's own bcrypt does not work with bcrypt 5, which refuses longer passwords.
    """
    if not is_storable(password):
        return False
    return any(
        bcrypt.checkpw(form.encode()[:72], password_hash.encode())
        for form in dict.fromkeys((normalize_password(password), password))
    )
