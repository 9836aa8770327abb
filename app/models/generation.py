"""How candidates come about: endpoints, runs, the ledger of calls, and what each prompt showed."""

import datetime as dt
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship
from sqlalchemy.sql.elements import ColumnElement

from app.models.base import (
    IDS_USED_ONCE,
    Base,
    BigId,
    CreatedAt,
    Id,
    NameText,
    PersonId,
    ProjectId,
    choice,
    in_project,
    same_project,
)


class EndpointStyle(StrEnum):
    """Which of the two OpenAI interfaces an endpoint speaks."""

    CHAT = "chat"
    COMPLETIONS = "completions"


class Endpoint(Base):
    """An OpenAI-compatible server with a model name and a price.

    ``key_sealed`` is the API key, encrypted with the instance's key. Prices are in micro-dollars per million
    tokens, so that a cost is a whole number of nano-dollars; ``price_cached`` is for tokens of a prompt that the server
    had in its cache, None where they cost the same. Where ``flex_percent`` is set, calls ask for the slow and cheap
    service ("flex"), which costs so much of the prices. Nobody asks before ``held_until``. ``holds`` counts how often
    in a row it was held because it failed; then one call tries it, sent at ``tried_at``. ``preset`` is where its form
    began, and ``dialect`` what its model takes, as ``app.llm.dialect`` writes it.
    """

    __tablename__ = "endpoints"
    __table_args__ = (in_project(), UniqueConstraint("project_id", "name"))

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    name: Mapped[str] = mapped_column(NameText(120))
    base_url: Mapped[str] = mapped_column(String(500))
    model: Mapped[str] = mapped_column(NameText(200))
    key_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    style: Mapped[EndpointStyle] = mapped_column(choice(EndpointStyle), default=EndpointStyle.CHAT)
    preset: Mapped[str] = mapped_column(String(40), default="other")
    dialect: Mapped[dict[str, Any]] = mapped_column(default=dict)
    price_in: Mapped[int] = mapped_column(BigInteger, default=0)
    price_out: Mapped[int] = mapped_column(BigInteger, default=0)
    price_cached: Mapped[int | None] = mapped_column(BigInteger)
    flex_percent: Mapped[int | None]
    requests_per_minute: Mapped[int | None]
    tokens_per_minute: Mapped[int | None]
    concurrency: Mapped[int] = mapped_column(default=4)
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    holds: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[dt.datetime | None]
    tried_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]
    removed_at: Mapped[dt.datetime | None]

    @property
    def is_limited(self) -> bool:
        """Whether a minute has room for so many requests or tokens only."""
        return self.requests_per_minute is not None or self.tokens_per_minute is not None

    @property
    def room(self) -> int:
        """How many tokens for reasoning are added to each limit."""
        return int(self.dialect.get("room", 0)) if self.dialect else 0


class RunState(StrEnum):
    """Where a run or a job stands. Only runs pause. The last three are final, but such a run can be continued, too."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Carried:
    """What runs and jobs share: the engine carries them out, in whichever process takes them up.

    ``carrier`` names who carries it out: whoever took it up last. Anyone else gives way at the next write.
    ``attempt`` counts how often it was queued. ``sentence`` says how it ended.
    """

    noun: ClassVar[str]

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    state: Mapped[RunState] = mapped_column(choice(RunState), default=RunState.QUEUED, index=True)
    attempt: Mapped[int] = mapped_column(default=1)
    carrier: Mapped[str] = mapped_column(String(32), default="")
    sentence: Mapped[str] = mapped_column(Text, default="")
    cancel_requested_at: Mapped[dt.datetime | None]
    created_at: Mapped[CreatedAt]
    started_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None] = mapped_column(index=True)

    @property
    def is_active(self) -> bool:
        """Whether it has not ended yet."""
        return self.state in {RunState.QUEUED, RunState.RUNNING}


class Run(Carried, Base):
    """One execution of a pipeline. ``rounds_folded`` counts the rounds whose completions were taken in, in order.

    ``cost`` is the sum of its calls', and ``cost_limit`` the most that may become, in nano-dollars. ``concurrency`` is
    how many calls fly at the same time; ``window`` how many rounds the drawing of demonstrations lags behind, 0 where
    that grows with what is kept: runs of earlier versions have a number, and repeat their prompts by it.
    ``wording`` maps each prompt's name to the version of its words that this run uses, 0 the shipped ones. ``choice``
    is what was asked for where it is over chosen examples. ``rounds`` is how many there are, None where there is no end
    to them. Runs of one ``comparison_id`` are over the same examples; the one that ``waits`` begins when the others
    have ended.
    """

    noun = "run"
    __tablename__ = "runs"
    __table_args__ = (
        in_project(),
        same_project("endpoint_id", "endpoints"),
        same_project("comparison_id", "comparisons"),
        CheckConstraint(
            "target_kept IS NOT NULL OR target_calls IS NOT NULL OR cost_limit IS NOT NULL OR rounds IS NOT NULL",
            name="has_target",
        ),
        Index("ix_runs_comparison_id", "comparison_id"),
        IDS_USED_ONCE,
    )

    endpoint_id: Mapped[int] = mapped_column(BigId)
    comparison_id: Mapped[int | None] = mapped_column(BigId)
    started_by_id: Mapped[PersonId]
    pipeline: Mapped[str] = mapped_column(String(60))
    parameters: Mapped[dict[str, Any]]
    thresholds: Mapped[dict[str, Any]]
    wording: Mapped[dict[str, Any]] = mapped_column(default=dict)
    seed: Mapped[int] = mapped_column(BigInteger)
    target_kept: Mapped[int | None]
    target_calls: Mapped[int | None]
    cost_limit: Mapped[int | None] = mapped_column(BigInteger)
    cost: Mapped[int] = mapped_column(BigInteger, default=0)
    concurrency: Mapped[int] = mapped_column(default=4)
    pause_requested_at: Mapped[dt.datetime | None]
    choice: Mapped[dict[str, Any]] = mapped_column(default=dict)
    rounds: Mapped[int | None]
    waits: Mapped[bool] = mapped_column(default=False)
    rounds_folded: Mapped[int] = mapped_column(default=0)
    window: Mapped[int] = mapped_column(default=0)
    endpoint: Mapped[Endpoint] = relationship(viewonly=True)


def waits_for_others() -> ColumnElement[bool]:
    """Return the condition that a row of ``runs`` waits for others of its comparison: these go on, or paused."""
    other = aliased(Run)
    goes_on = other.state.in_([RunState.QUEUED, RunState.RUNNING, RunState.PAUSED])
    same = other.comparison_id == Run.comparison_id
    return Run.waits & select(other.id).where(same, ~other.waits, goes_on).correlate(Run).exists()


class CallOutcome(StrEnum):
    """What became of one HTTP attempt."""

    IN_FLIGHT = "in_flight"
    ANSWERED = "answered"
    CUT_OFF = "cut_off"
    USED_UP = "used_up"
    REFUSED = "refused"
    FILTERED = "filtered"
    EMPTY = "empty"
    UNREADABLE = "unreadable"
    RATE_LIMITED = "rate_limited"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed_out"
    KEY_REJECTED = "key_rejected"
    NO_CREDIT = "no_credit"
    OUT_OF_REACH = "out_of_reach"
    BAD_REQUEST = "bad_request"
    LOST = "lost"


class Call(Base):
    """One HTTP attempt in the ledger: written before it is sent, its bytes stored before they are read.

    ``round``, ``position`` and ``purpose`` say what it was for, in a run or in a job that makes calls; a call of
    neither has round 0.
    ``cost`` is in nano-dollars, and the most that it can be until the answer was read, as ``tokens_most`` is of its
    tokens. Tokens are None where the server didn't say; ``tokens_cached`` are those of ``tokens_in`` that were cheaper.
    ``service_tier`` is the service that the server says it gave, which the price goes by. ``sampling`` is what was
    wanted, ``parameters`` what the request carried beside the prompt, and ``left_out`` names what the model doesn't
    take. ``reasoning`` is what the model thought, where it said so, and ``tokens_reasoning`` those of ``tokens_out``.
    """

    __tablename__ = "calls"
    __table_args__ = (
        in_project(),
        same_project("run_id", "runs"),
        same_project("endpoint_id", "endpoints"),
        same_project("job_id", "jobs"),
        UniqueConstraint("run_id", "round", "position", "purpose", "attempt"),
        UniqueConstraint("job_id", "round", "position", "purpose", "attempt"),
        Index("ix_calls_run_id_outcome", "run_id", "outcome"),
        Index("ix_calls_run_id_purpose_outcome_id", "run_id", "purpose", "outcome", "id"),
        Index("ix_calls_project_id_sent_at", "project_id", "sent_at"),
        Index("ix_calls_endpoint_id_sent_at", "endpoint_id", "sent_at"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    run_id: Mapped[int | None] = mapped_column(BigId)
    job_id: Mapped[int | None] = mapped_column(BigId)
    endpoint_id: Mapped[int] = mapped_column(BigId)
    round: Mapped[int] = mapped_column(default=0)
    position: Mapped[int] = mapped_column(default=0)
    purpose: Mapped[str] = mapped_column(String(60))
    attempt: Mapped[int] = mapped_column(default=1)
    prompt: Mapped[str] = mapped_column(Text)
    sampling: Mapped[dict[str, Any]]
    parameters: Mapped[dict[str, Any]] = mapped_column(default=dict)
    left_out: Mapped[list[Any]] = mapped_column(default=list)
    outcome: Mapped[CallOutcome] = mapped_column(choice(CallOutcome), default=CallOutcome.IN_FLIGHT)
    sentence: Mapped[str] = mapped_column(Text, default="")
    http_status: Mapped[int | None]
    raw: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    text: Mapped[str | None] = mapped_column(Text)
    reasoning: Mapped[str | None] = mapped_column(Text, deferred=True)
    model: Mapped[str] = mapped_column(NameText(200), default="")
    tokens_in: Mapped[int | None]
    tokens_out: Mapped[int | None]
    tokens_cached: Mapped[int | None]
    tokens_reasoning: Mapped[int | None]
    tokens_most: Mapped[int] = mapped_column(default=0)
    service_tier: Mapped[str] = mapped_column(NameText(40), default="")
    cost: Mapped[int] = mapped_column(BigInteger, default=0)
    sent_at: Mapped[CreatedAt]
    answered_at: Mapped[dt.datetime | None]
    written_off_at: Mapped[dt.datetime | None]


class Spending(Base):
    """What a project's calls of one month cost, in nano-dollars: the sum of ``calls.cost``, kept so as to be quick."""

    __tablename__ = "spendings"
    __table_args__ = (UniqueConstraint("project_id", "month"),)

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    month: Mapped[str] = mapped_column(String(7))
    cost: Mapped[int] = mapped_column(BigInteger, default=0)


class DemonstrationShown(Base):
    """One demonstration inside the prompt of a call that proposed: a seed task or a kept candidate."""

    __tablename__ = "demonstrations"
    __table_args__ = (
        same_project("call_id", "calls"),
        same_project("seed_task_id", "seed_tasks"),
        same_project("candidate_id", "candidates"),
        UniqueConstraint("call_id", "position"),
        CheckConstraint("(seed_task_id IS NULL) <> (candidate_id IS NULL)", name="one_source"),
        Index("ix_demonstrations_seed_task_id", "seed_task_id"),
        Index("ix_demonstrations_candidate_id", "candidate_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[ProjectId]
    call_id: Mapped[int] = mapped_column(BigId)
    position: Mapped[int]
    seed_task_id: Mapped[int | None] = mapped_column(BigId)
    candidate_id: Mapped[int | None] = mapped_column(BigId)


class Worker(Base):
    """A process that carries out runs and jobs. One that hasn't been seen for a while is dead; others take over."""

    __tablename__ = "workers"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    host: Mapped[str] = mapped_column(NameText(200))
    pid: Mapped[int]
    started_at: Mapped[CreatedAt]
    seen_at: Mapped[CreatedAt]
