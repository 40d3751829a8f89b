"""Free ports."""

import socket

from tests.servers.ports import free_port, wait_for_port


def test_a_free_port_can_be_listened_on_and_is_then_seen() -> None:
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        wait_for_port(port)
