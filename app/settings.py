"""Every setting of an instance, read from ``TAMIS_*`` variables. ``docs/settings.md`` is checked against this."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_HERE = Path(__file__).resolve().parent


def resource(name: str) -> Path:
    """Return a folder or file that ships with the product: inside ``app/``, or beside it in a checkout."""
    packed = _HERE / name
    return packed if packed.exists() else _HERE.parent / name


class Settings(BaseSettings):
    """The instance's settings. Nothing here changes while it runs."""

    model_config = SettingsConfigDict(env_prefix="TAMIS_", extra="ignore", populate_by_name=True)

    data_dir: Annotated[Path, Field(description="Folder of the SQLite database and of the instance's key.")] = (
        user_data_path("tamis")
    )
    database_url: Annotated[
        str, Field(description="SQLAlchemy URL. Empty: SQLite under TAMIS_DATA_DIR. Postgres: postgresql+psycopg://…")
    ] = ""
    secret_key: Annotated[
        SecretStr | None,
        Field(description="Key that API keys are encrypted with (Fernet). Empty: made once, kept in TAMIS_DATA_DIR."),
    ] = None
    base_url: Annotated[
        str,
        Field(
            description="Address that people reach this instance at. Empty: taken from requests, and no letter is sent."
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Field(description="Addresses or networks of proxies in front, with commas: what they say of who asks holds."),
    ] = ""
    embedded_engine: Annotated[
        bool, Field(description="Whether runs and jobs are carried out in the web process. False: by `tamis worker`.")
    ] = True
    sign_in_days: Annotated[int, Field(ge=1, le=365, description="Days that a sign-in lasts.")] = 30
    call_deadline_seconds: Annotated[
        float, Field(gt=0, description="Seconds after which a call to a model is given up.")
    ] = 120.0
    private_endpoints: Annotated[
        Literal["auto", "yes", "no"],
        Field(description="Whether models on this machine and in private networks may be called. auto: see below."),
    ] = "auto"
    upload_limit_mb: Annotated[int, Field(ge=1, description="Largest file that may be uploaded, in megabytes.")] = 64
    connections_limit: Annotated[
        int,
        Field(ge=10, description="Connections of a web process. Beyond, who keeps it waiting longest goes."),
    ] = 2_000
    patience_seconds: Annotated[
        float, Field(gt=0, description="Seconds that a client may keep the web server waiting: to ask, send or read.")
    ] = 30.0
    streams_per_person: Annotated[
        int, Field(ge=1, description="Pages that one person may follow at once as a run or a job goes on.")
    ] = 20
    guesses_per_quarter: Annotated[
        int, Field(ge=3, description="Wrong passwords for an account from one address within a quarter of an hour.")
    ] = 10
    letters_per_hour: Annotated[
        int, Field(ge=1, description="Letters with invitations that one person may send within an hour.")
    ] = 300
    smtp_host: Annotated[str, Field(description="Mail server for invitations and resets. Empty: links are shown.")] = ""
    smtp_port: Annotated[int, Field(ge=1, le=65_535, description="Port of the mail server.")] = 587
    smtp_security: Annotated[
        Literal["starttls", "tls", "none"],
        Field(description="How the connection is kept private: from its second step, from its start, or not."),
    ] = "starttls"
    smtp_user: Annotated[str, Field(description="Name at the mail server. Empty: none is given.")] = ""
    smtp_password: Annotated[SecretStr | None, Field(description="Password at the mail server.")] = None
    smtp_from: Annotated[str, Field(description="Address that letters come from, such as tamis@example.org.")] = ""
    oidc_issuer: Annotated[str, Field(description="OpenID Connect provider to sign in by. Empty: none.")] = ""
    oidc_client_id: Annotated[str, Field(description="What the provider calls this instance.")] = ""
    oidc_client_secret: Annotated[
        SecretStr | None, Field(description="Secret at the provider. Empty: a public client.")
    ] = None
    oidc_name: Annotated[str, Field(description="What the button to sign in by it says.")] = (
        "Sign in with your organisation"
    )
    oidc_new_accounts: Annotated[
        bool, Field(description="Whether somebody unknown gets an account by it, without an invitation.")
    ] = False
    openai_api_key: Annotated[
        SecretStr | None,
        Field(
            validation_alias=AliasChoices("openai_api_key", "OPENAI_API_KEY"),
            description="Makes a first endpoint in every new project.",
        ),
    ] = None
    openai_base_url: Annotated[
        str,
        Field(
            validation_alias=AliasChoices("openai_base_url", "OPENAI_BASE_URL"),
            description="Base URL of that first endpoint.",
        ),
    ] = ""

    @field_validator("base_url")
    @classmethod
    def _check_base_url(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and not (parts.scheme in {"http", "https"} and parts.hostname and not parts.query + parts.fragment):
            raise ValueError("it must look like https://tamis.example.org")
        return value.rstrip("/")

    @property
    def url(self) -> str:
        """The database's URL, resolved."""
        return self.database_url or f"sqlite:///{(self.data_dir / 'tamis.db').resolve()}"

    @property
    def has_oidc(self) -> bool:
        """Whether people can sign in by OpenID Connect."""
        return bool(self.oidc_issuer and self.oidc_client_id)

    @property
    def reaches_private(self) -> bool:
        """Whether calls may go to private addresses. ``auto`` that nothing has decided says no."""
        return self.private_endpoints == "yes"

    def served_on(self, host: str) -> Self:
        """Return these settings with ``auto`` decided for a web server that listens on ``host``."""
        if self.private_endpoints != "auto":
            return self
        named = urlsplit(self.base_url).hostname
        is_alone = _is_loopback(host) and (named is None or _is_loopback(named))
        return self.model_copy(update={"private_endpoints": "yes" if is_alone else "no"})


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
