"""Requests to addresses that people have typed in: never into the house.

The name is looked up once and the connection made to that very address, so that a name cannot
answer with a public address when it is checked and a private one when it is called. Redirects are
not followed.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

TIMEOUT_S = 10.0
MOST_ANSWER = 65_536

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class NotCalled(Exception):
    """Why an address was not called, or did not answer; in words."""


def post(url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool = False) -> int:
    """POST and return the status of the answer. Blocks for 10 s a step at most: run it in a thread.

    Raises NotCalled where the address is not public (and `allow_private` is off), cannot be
    resolved, or nobody answers.
    """
    return ask(url, body, headers, allow_private=allow_private)[0]


def ask(
    url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool = False
) -> tuple[int, bytes]:
    """The same; returns the beginning of the answer, 64 KB at most, beside its status."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotCalled("The address must begin with https:// or http://.")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = public_address(parts.hostname, port, allow_private=allow_private)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection = connect(parts.scheme, parts.hostname, port, address)
        try:
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.read(MOST_ANSWER)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotCalled(f"{type(error).__name__}: {error}") from error


def public_address(host: str, port: int, *, allow_private: bool = False) -> str:
    """The address to call for a name; NotCalled unless every address it has is public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise NotCalled(f"{host} cannot be found: {error}") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise NotCalled(f"{host} has no address.")
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise NotCalled(f"{host} is at {address}, which is not a public address.")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address belongs to the internet at large, whichever way it is written."""
    found: Address = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo and found.teredo[1])
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def connect(
    scheme: str, host: str, port: int, address: str, *, handshake: bool = True
) -> http.client.HTTPConnection:
    """A connection to this very address, TLS being checked against the name `host`; without
    `handshake` that begins with the first byte that is sent."""
    connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
    sock = socket.create_connection((address, port), TIMEOUT_S)
    try:
        if scheme == "https":
            sock = ssl.create_default_context().wrap_socket(
                sock, server_hostname=host, do_handshake_on_connect=handshake
            )
    except BaseException:
        sock.close()
        raise
    connection.sock = sock
    return connection
