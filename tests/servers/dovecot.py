"""A real Dovecot on a free port of 127.0.0.1 with one Maildir user, while a test needs it."""

import grp
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from imapclient import IMAPClient

from tests.servers.ports import free_port, wait_for_port
from tests.servers.programs import program

_CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {run}
state_dir = {run}/state
log_path = {log}
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login{mechanisms}
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{mail}
passdb {{
  driver = static
  args = user={user} password={password}
}}
{oauth}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home} allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
}}
"""

_OAUTH = """
introspection_mode = post
introspection_url = {url}
username_attribute = username
active_attribute = active
active_value = true
"""


@dataclass(frozen=True, slots=True)
class DovecotServer:
    """Where the server listens, who may log in, and a way to put mail into the inbox."""

    port: int
    user: str
    password: str
    maildir: Path
    host: str = "127.0.0.1"

    def append(self, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into the folder, as a delivery would."""
        with self.client() as client:
            client.append(folder, raw)

    def pile_up(self, raws: Sequence[bytes]) -> None:
        """Lay these mails into the inbox's folder, quicker than by IMAP, in their order."""
        self.append(raws[0])  # makes the folders
        for number, raw in enumerate(raws[1:]):
            path = self.maildir / "new" / f"1700000000.M{number:06d}.example"
            path.write_bytes(raw)
            path.chmod(0o644)

    def flags(self) -> dict[int, tuple[bytes, ...]]:
        """The flags of every mail in the inbox by UID."""
        with self.client() as client:
            client.select_folder("INBOX", readonly=True)
            return {int(uid): flags for uid, flags in client.get_flags(client.search()).items()}

    def forget_uids(self) -> None:
        """Make the server number the inbox anew under another UIDVALIDITY."""
        uidlist = self.maildir / "dovecot-uidlist"
        found = re.match(r"3 V(\d+)", uidlist.read_text())
        if found is None:
            raise RuntimeError(f"{uidlist} is not a list of UIDs that Dovecot 2.3 writes.")
        for path in self.maildir.glob("dovecot.index*"):
            path.unlink()
        uidlist.write_text(f"3 V{int(found[1]) + 1} N1\n")

    def empty(self) -> None:
        """Delete every mail of the inbox."""
        with self.client() as client:
            client.select_folder("INBOX")
            client.delete_messages(client.search())
            client.expunge()

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A logged-in IMAP client, for what a test wants to see or change by itself."""
        with IMAPClient(self.host, port=self.port, ssl=False, timeout=20) as client:
            client.login(self.user, self.password)
            yield client


@contextmanager
def dovecot(tmp_path: Path, introspection_url: str = "") -> Iterator[DovecotServer]:
    """Start Dovecot with its config and log in `tmp_path`; stop it at the end.

    With `introspection_url` it takes XOAUTH2 too, and asks there about tokens.

    Its sockets and mail lie in a short folder of their own: socket paths are limited to 107 bytes,
    and Dovecot, started by root, serves mail only as another user, who may not enter `tmp_path`.
    """
    binary = program("dovecot")
    folder = Path(mkdtemp(prefix="dovecot-"))
    config, log = tmp_path / "dovecot.conf", tmp_path / "dovecot.log"
    server = DovecotServer(
        free_port(), "support@example.org", "correct-horse", folder / "home" / "Mail"
    )
    oauth = ""
    if introspection_url:
        asks = folder / "oauth2.conf.ext"
        asks.write_text(_OAUTH.format(url=introspection_url))
        oauth = f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {asks}\n}}"
    config.write_text(_configuration(server, folder, log, oauth))
    process = subprocess.Popen([binary, "-F", "-c", str(config)], stderr=subprocess.PIPE)
    try:
        wait_for_port(server.port)
        yield server
    except TimeoutError as error:
        words = log.read_text() if log.exists() else ""
        raise RuntimeError(f"Dovecot did not start: {words}") from error
    finally:
        process.terminate()
        process.communicate(timeout=20)
        shutil.rmtree(folder, ignore_errors=True)


def _configuration(server: DovecotServer, folder: Path, log: Path, oauth: str) -> str:
    """The config; for root also the ownership that Dovecot's own users need."""
    home = server.maildir.parent
    home.mkdir()
    folder.chmod(0o755)
    account = login = pwd.getpwuid(os.getuid())
    if account.pw_uid == 0:
        account, login = pwd.getpwnam("dovecot"), pwd.getpwnam("dovenull")
        os.chown(home, account.pw_uid, account.pw_gid)
    return _CONFIG.format(
        run=folder / "run",
        log=log,
        internal=account.pw_name,
        internal_group=grp.getgrgid(account.pw_gid).gr_name,
        login=login.pw_name,
        uid=account.pw_uid,
        gid=account.pw_gid,
        mail=server.maildir,
        home=home,
        user=server.user,
        password=server.password,
        port=server.port,
        oauth=oauth,
        mechanisms=" xoauth2" if oauth else "",
    )
