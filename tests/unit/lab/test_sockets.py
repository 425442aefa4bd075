"""What listens on this machine."""

import os
import socket

from core.sockets import listener_on, listeners, parse_address


def test_addresses_of_proc() -> None:
    assert str(parse_address("0100007F")) == "127.0.0.1"
    assert str(parse_address("00000000000000000000000001000000")) == "::1"
    assert str(parse_address("00000000")) == "0.0.0.0"


def test_a_listening_socket_is_found_with_its_process() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = listener_on(port)
        assert found
        assert (str(found.address), found.pid, found.address.is_loopback) == ("127.0.0.1", os.getpid(), True)
        assert str(found) == f"tcp 127.0.0.1:{port} (process {os.getpid()})"
    assert listener_on(port) is None


def test_udp_without_a_peer_counts() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("0.0.0.0", 0))
        port = server.getsockname()[1]
        assert any(one.kind == "udp" and one.port == port and not one.address.is_loopback for one in listeners())
