"""Every setting of an installation, its default and one line why. Read from the environment."""

from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Settings come from environment variables of the same name in capitals (`PORT=8000`)."""

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=False)

    host: str = Field(
        "127.0.0.1", description="Address to listen on; a reverse proxy stands in front."
    )
    port: int = Field(8000, description="Port of the web server.")
    public_url: str = Field(
        "", description="The address customers and agents use; links and cookies follow it."
    )
    data_dir: Path = Field(
        ROOT / "data", description="Where the database, files and index are kept."
    )
    database_url: str = Field(
        "", description="PostgreSQL URL when SQLite is outgrown; empty: SQLite in DATA_DIR."
    )
    redis_url: str = Field(
        "", description="Redis URL when there is more than one process; empty: in process."
    )
    secret_key: str = Field(
        "", description="Signs tokens; empty: made once and kept in DATA_DIR/secret."
    )
    trusted_proxies: str = Field(
        "127.0.0.1", description="Addresses whose X-Forwarded-* headers are believed."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="How much is logged."
    )
    log_format: Literal["json", "text"] = Field(
        "text", description="json for machines, text for people."
    )
    smtp_listen_host: str = Field("127.0.0.1", description="Address of the built-in mail listener.")
    smtp_listen_port: int = Field(
        0, description="Port of the built-in mail listener; 0: no listener."
    )
    lmtp_listen_port: int = Field(
        0, description="Port on which it speaks LMTP, for a mail server of yours; 0: it does not."
    )
    smtp_host: str = Field(
        "",
        description="Server that sends mail of inboxes without their own, invitations and resets.",
    )
    smtp_port: int = Field(587, description="Port of that server.")
    smtp_user: str = Field("", description="User name at that server; empty: no login.")
    smtp_password: str = Field("", description="Password at that server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="TLS to that server."
    )
    mail_from: str = Field("", description="Sender of invitations and password resets.")
    mail_poll_s: int = Field(60, description="How often a mailbox without IDLE is asked for mail.")
    max_upload_mb: int = Field(25, description="Largest file or mail taken from anybody.")
    session_idle_h: int = Field(12, description="An agent's session ends after so many idle hours.")
    session_days: int = Field(
        14, description="An agent's session ends after so many days at the latest."
    )
    chat_email_after_min: int = Field(
        3, description="A chat reply goes by email when the visitor was gone so long."
    )
    chat_idle_min: int = Field(
        30, description="A chat without a word for so long is ended, after a warning."
    )
    agent_ttl_s: int = Field(
        60, description="An agent without a sign of life for so long is offline."
    )
    workers: bool = Field(
        True, description="Whether `serve` also runs the workers (one process does all)."
    )
    metrics_token: str = Field(
        "", description="Bearer token for /metrics; empty: only from this machine."
    )
    models_private: bool = Field(
        False, description="Whether a language model may be at a private address of your network."
    )
    webhooks_private: bool = Field(
        False, description="Whether webhooks may go to private addresses of your own network."
    )
    docs: bool = Field(True, description="Whether the API's documentation page is served.")

    @cached_property
    def sqlite_path(self) -> Path:
        """The database file of an installation without PostgreSQL."""
        return self.data_dir / "switchroom.db"

    @property
    def uses_postgres(self) -> bool:
        """Whether DATABASE_URL names a PostgreSQL."""
        return self.database_url.startswith("postgres")

    @property
    def base_url(self) -> str:
        """PUBLIC_URL without a trailing slash, or where the server listens."""
        return self.public_url.rstrip("/") or f"http://{self.host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether the product is reached by https: cookies then carry Secure and __Host-."""
        return urlsplit(self.base_url).scheme == "https"
