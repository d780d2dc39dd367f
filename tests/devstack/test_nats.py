"""The embedded broker keeps its streams and says clearly why it cannot start."""

import socket
from pathlib import Path

import nats
import pytest

from devstack.errors import DiskError, PortTakenError
from devstack.nats import EmbeddedNats
from devstack.process import LOOPBACK


async def test_a_stored_message_survives_a_kill(tmp_path: Path) -> None:
    with EmbeddedNats(tmp_path / "nats") as server:
        connection = await nats.connect(server.url)
        stream = connection.jetstream()
        await stream.add_stream(name="kept", subjects=["kept.*"])
        await stream.publish("kept.one", b"1")
        await connection.close()
        server.process.kill()
        server.process.wait()
    with EmbeddedNats(tmp_path / "nats") as server:
        connection = await nats.connect(server.url)
        message = await connection.jetstream().get_msg("kept", 1)
        await connection.close()
    assert message.data == b"1"


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(PortTakenError, match=f"Port {port} of the broker"):
            EmbeddedNats(tmp_path / "nats", port=port).start()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="Not a directory"):
        EmbeddedNats(tmp_path / "file" / "nats").start()
