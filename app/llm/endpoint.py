"""Endpoints: who to call. Set in the page; the API key goes in and is never shown again."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ValidationError
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.amounts import parse_price
from app.errors import Conflict, InvalidInput, NotFound
from app.llm.client import Target
from app.llm.dialect import MOST_ROOM, OPTIONAL, Dialect, dialect_in
from app.llm.dialects import preset_named
from app.llm.practice.protocol import MODEL as PRACTICE_MODEL
from app.llm.reach import REFUSALS, may_reach, reach_of_host
from app.llm.secrets import Vault
from app.models.base import now
from app.models.events import record
from app.models.generation import Endpoint, EndpointStyle
from app.settings import Settings
from app.text import clean_name, parse_whole

_LONGEST_KEY = 1_000
_OPENAI_URL = "https://api.openai.com/v1"
_OPENAI_MODEL = "gpt-4o-mini"


class EndpointForm(BaseModel, frozen=True):
    """What a person types. ``api_key`` empty: keep the stored one, which is only allowed for the same URL.

    The last ones are the fields of ``Dialect``.
    """

    name: str
    base_url: str
    model: str
    api_key: str = ""
    style: str = EndpointStyle.CHAT.value
    price_in: str = "0"
    price_out: str = "0"
    price_cached: str = ""
    flex_percent: str = ""
    requests_per_minute: str = ""
    tokens_per_minute: str = ""
    concurrency: str = "4"
    preset: str = "other"
    length_name: str = "max_tokens"
    left_out: tuple[str, ...] = ()
    one_of_two: bool = False
    own_defaults: bool = False
    effort: str = ""
    room: str = ""
    is_opened: bool = False
    structure: str = "schema"
    knows_json: bool = False
    key_header: str = "bearer"


def endpoints_of(session: Session, project_id: int) -> Sequence[Endpoint]:
    """Return a project's endpoints by name, removed ones left out."""
    return session.scalars(
        select(Endpoint).where(Endpoint.project_id == project_id, Endpoint.removed_at.is_(None)).order_by(Endpoint.name)
    ).all()


def endpoint_in(session: Session, project_id: int, endpoint_id: int) -> Endpoint:
    """Return one endpoint of a project, or raise NotFound."""
    endpoint = session.get(Endpoint, endpoint_id)
    if endpoint is None or endpoint.project_id != project_id or endpoint.removed_at is not None:
        raise NotFound("There is no such endpoint in this project.")
    return endpoint


def add_endpoint(session: Session, vault: Vault, project_id: int, form: EndpointForm, actor_id: int | None) -> Endpoint:
    """Store a new endpoint. Raises InvalidInput with the field named, Conflict where the name is taken."""
    _refuse_out_of_reach(form, vault)
    return _add(session, vault, project_id, form, actor_id)


def edit_endpoint(session: Session, vault: Vault, endpoint: Endpoint, form: EndpointForm, actor_id: int | None) -> None:
    """Change an endpoint. A new URL needs the API key again: a stored key is only sent where it was meant to go."""
    before = {"name": endpoint.name, "base_url": endpoint.base_url, "model": endpoint.model}
    had_key, old_url = endpoint.key_sealed is not None, endpoint.base_url
    _refuse_out_of_reach(form, vault)
    _fill(endpoint, form)
    if key := _key(form.api_key):
        endpoint.key_sealed = vault.seal(key)
    elif had_key and endpoint.base_url != old_url:
        raise InvalidInput(
            "The address has changed: enter the API key again, so that it isn't sent to a stranger.", field="api_key"
        )
    _flush(session, endpoint)
    record(
        session,
        "endpoint.edited",
        project_id=endpoint.project_id,
        actor_id=actor_id,
        subject_id=endpoint.id,
        before=before,
        after={
            "name": endpoint.name,
            "base_url": endpoint.base_url,
            "model": endpoint.model,
            "new_key": bool(key),
        },
    )


def remove_endpoint(session: Session, endpoint: Endpoint, actor_id: int) -> None:
    """Take an endpoint out of the pickers and forget its key. Its calls keep their history."""
    endpoint.removed_at, endpoint.key_sealed = now(), None
    endpoint.name = f"{endpoint.name[:90]} (removed {endpoint.id})"
    record(session, "endpoint.removed", project_id=endpoint.project_id, actor_id=actor_id, subject_id=endpoint.id)


def first_endpoint(session: Session, vault: Vault, settings: Settings, project_id: int) -> None:
    """Add the endpoint that the environment names (OPENAI_API_KEY, OPENAI_BASE_URL), where it names one."""
    if not settings.openai_api_key and not settings.openai_base_url:
        return
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else ""
    url = settings.openai_base_url or _OPENAI_URL
    form = EndpointForm(name="OpenAI", base_url=url, model=_OPENAI_MODEL, api_key=key)
    # A project can be begun whatever the environment says; the model's trial tells where it can't be reached.
    _add(session, vault, project_id, form, None)


def target_of(endpoint: Endpoint, vault: Vault) -> Target:
    """Return where a call to ``endpoint`` goes, its key opened."""
    key = vault.open(endpoint.key_sealed) if endpoint.key_sealed else ""
    is_flex, dialect = endpoint.flex_percent is not None, dialect_in(endpoint.dialect)
    return Target(endpoint.base_url, endpoint.model, endpoint.style, key, vault.reaches_private, is_flex, dialect)


def is_practice(model: str) -> bool:
    """Return whether a text with this model name came from the practice model."""
    return model == PRACTICE_MODEL


def _add(session: Session, vault: Vault, project_id: int, form: EndpointForm, actor_id: int | None) -> Endpoint:
    endpoint = Endpoint(project_id=project_id)
    _fill(endpoint, form)
    key = _key(form.api_key)
    endpoint.key_sealed = vault.seal(key) if key else None
    session.add(endpoint)
    _flush(session, endpoint)
    record(
        session,
        "endpoint.added",
        project_id=project_id,
        actor_id=actor_id,
        subject_id=endpoint.id,
        after={"name": endpoint.name, "base_url": endpoint.base_url, "model": endpoint.model},
    )
    return endpoint


def _refuse_out_of_reach(form: EndpointForm, vault: Vault) -> None:
    """Say at once what every call would say. What a name stands for is only known when it is looked up."""
    reach = reach_of_host(urlsplit(_address(form.base_url)).hostname or "")
    if reach is not None and not may_reach(reach, private=vault.reaches_private):
        raise InvalidInput(REFUSALS[reach], field="base_url")


def _fill(endpoint: Endpoint, form: EndpointForm) -> None:
    endpoint.name = clean_name(form.name, "Name", required=True)
    endpoint.base_url = _address(form.base_url)
    endpoint.model = clean_name(form.model, "Model", limit=200, required=True)
    endpoint.style = _style(form.style)
    endpoint.price_in = parse_price(form.price_in, "Price in")
    endpoint.price_out = parse_price(form.price_out, "Price out")
    endpoint.price_cached = parse_price(form.price_cached, "Price cached") if form.price_cached.strip() else None
    endpoint.flex_percent = _flex_percent(form.flex_percent, endpoint.style)
    endpoint.tokens_per_minute = parse_whole(form.tokens_per_minute, "Tokens per minute", 1, 2_000_000_000)
    endpoint.concurrency = parse_whole(form.concurrency, "Calls at the same time", 1, 256) or 4
    endpoint.requests_per_minute = parse_whole(form.requests_per_minute, "Requests per minute", 1, 1_000_000)
    endpoint.preset = _preset(form.preset)
    endpoint.dialect = _dialect(form).as_json()


def _address(text: str) -> str:
    url = clean_name(text, "Base URL", limit=500, required=True).rstrip("/")
    try:
        parts = urlsplit(url)
        fits = parts.scheme in {"http", "https"} and bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:  # brackets that don't close, a port that doesn't exist, a host that no name server could know
        fits = False
    if not fits:
        raise InvalidInput(
            "Base URL must start with http:// or https://, such as https://api.example.com/v1.", field="base_url"
        )
    # Azure's older addresses name the version of their interface; anything else there may be a secret.
    is_plain = all(name == "api-version" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    if parts.username or parts.password or parts.fragment or not is_plain:
        raise InvalidInput(
            "Base URL must hold neither a password nor a query but api-version. The key has its own field.",
            field="base_url",
        )
    return url


def _preset(name: str) -> str:
    try:
        return preset_named(name).name
    except NotFound as error:
        raise InvalidInput("Choose one of the presets offered.", field="preset") from error


def _dialect(form: EndpointForm) -> Dialect:
    """Return what the model is said to take. Raises InvalidInput with the field named."""
    if set(form.left_out).difference(OPTIONAL):
        raise InvalidInput(f"Only these can be left out: {', '.join(OPTIONAL)}.", field="left_out")
    values = {name: getattr(form, name) for name in Dialect.model_fields}
    values["effort"] = clean_name(form.effort, "Reasoning effort", limit=40)
    values["room"] = parse_whole(form.room, "Room for reasoning", 0, MOST_ROOM) or 0
    try:
        return Dialect.model_validate(values)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][0])
        raise InvalidInput(f"Choose one of the values offered for {field.replace('_', ' ')}.", field=field) from error


def _key(text: str) -> str:
    key = text.strip()
    if not (key.isascii() and (key.isprintable() or not key)) or len(key) > _LONGEST_KEY:  # travels in a header
        raise InvalidInput("API key may only hold up to 1,000 plain characters. Copy it again.", field="api_key")
    return key


def _flex_percent(text: str, style: EndpointStyle) -> int | None:
    percent = parse_whole(text, "Flex price", 1, 100)
    if percent is not None and style is not EndpointStyle.CHAT:
        raise InvalidInput(
            "Only the chat interface has a flex price. Leave it empty, or choose chat.", field="flex_percent"
        )
    return percent


def _style(text: str) -> EndpointStyle:
    try:
        return EndpointStyle(text)
    except ValueError as error:
        raise InvalidInput("Choose chat or completions.", field="style") from error


def _flush(session: Session, endpoint: Endpoint) -> None:
    name = endpoint.name
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(f"There is an endpoint named “{name}” already. Choose another name.", field="name") from error
