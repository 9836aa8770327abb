"""A small world for page tests: an instance, its people, and a project with one of everything."""

import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import approval, projects, seeds
from app.candidates.editing import edit_candidate
from app.candidates.listing import Filters
from app.comparisons.comparing import ComparisonForm, runs_compared, start_comparison
from app.duplicates import finding, work
from app.examples import Example
from app.generation.dry_run import start_dry_run
from app.generation.pipelines import alpaca
from app.generation.prompt_versions import save_prompt
from app.generation.reread import Reread
from app.generation.runs import RunForm, start_run
from app.imports.answers import AnswersForm, start_answers_import
from app.imports.importing import ImportForm, start_import
from app.insights import replay
from app.jobs import start_job
from app.llm import ledger
from app.llm.endpoint import EndpointForm, add_endpoint
from app.llm.prompt import Prompt, Sampling
from app.models.base import now
from app.models.candidates import Candidate, Outcome, Verdict
from app.models.comparisons import Alternative, Comparison, Judgement
from app.models.events import Event
from app.models.generation import Call, CallOutcome, Run, RunState
from app.models.jobs import Job
from app.models.novelty import NearDuplicate
from app.models.people import LinkPurpose, Membership, Person, Role
from app.models.studies import Assignment, Study
from app.people import accounts, invitations, links, sessions
from app.rating import ratings
from app.rating.own_rubrics import copy_rubric
from app.rating.ratings import RatingForm
from app.rating.rubrics import quality_study
from app.releases import snapshots
from app.seeds import SeedForm
from app.studies import adjudicating, answering, planning, queue, studying
from app.studies.planning import StudyForm
from app.web.visit import COOKIE

# What a browser says of itself where somebody opens a link from a terminal or a letter, not from another site.
BY_HAND = {"sec-fetch-site": "none"}
BOTH = pytest.mark.parametrize("url", ["sqlite", "postgresql"], indirect=True)
HTMX = {"HX-Request": "true"}
YES = {"valid_task": "yes", "input_appropriate": "yes", "output_correct": "yes"}


class Browser(TestClient):
    """A browser of one person, or of nobody. It doesn't follow redirects, and a fault is an answer with status 500."""

    def __init__(self, app: FastAPI, person_id: int | None = None) -> None:
        super().__init__(app, raise_server_exceptions=False, follow_redirects=False)
        self.application = app
        self.person_id = person_id
        if person_id is not None:
            with app.state.database.writing() as session:
                person = session.get_one(accounts.Person, person_id)
                self.cookies.set(COOKIE, sessions.sign_in(session, person, browser="test", days=1))

    def path(self, route: str, **parameters: Any) -> str:
        """The path of a route."""
        return str(self.application.url_path_for(route, **parameters))

    def visit(self, route: str, **parameters: Any) -> Any:
        """GET a route."""
        return self.get(self.path(route, **parameters))

    def submit(self, route: str, data: dict[str, Any] | None = None, *, htmx: bool = False, **parameters: Any) -> Any:
        """POST a form to a route."""
        return self.post(self.path(route, **parameters), data=data or {}, headers=HTMX if htmx else {})

    def follow(self, answer: Any) -> Any:
        """Go where an answer sends the browser, as a form without JavaScript does."""
        assert answer.status_code == 303, answer.text
        return self.get(answer.headers["location"])


@dataclass(frozen=True)
class Place:
    """A project and the ids of what is in it, by the names that they have in paths."""

    ids: dict[str, Any]

    @property
    def id(self) -> int:
        """The project's id."""
        return int(self.ids["project_id"])

    def __getitem__(self, name: str) -> Any:
        return self.ids[name]

    def of(self, route: Any) -> dict[str, Any]:
        """The parameters of a route's path."""
        return {name: self.ids[name] for name in re.findall(r"{(\w+)[}:]", route.path)}


class Nothing:
    """A kind of job that does nothing."""

    name = "nothing"
    label = "Nothing"

    def carry_out(self, task: Any) -> None:
        with task.writing() as session:
            task.finish(session, {}, "Nothing was done.")

    def clear_up(self, session: Session, job: Job) -> None:
        """There is nothing to remove."""


def join(session: Session, project_id: int, person_id: int, role: Role) -> int:
    """Make somebody a member. Returns the membership's id."""
    member = Membership(project_id=project_id, person_id=person_id, role=role)
    session.add(member)
    session.flush()
    return member.id


def add_candidate(session: Session, project_id: int, instruction: str, **more: Any) -> Candidate:
    """Put an example into a project, kept unless said otherwise."""
    values = {"output": "Something.", "outcome": Outcome.KEPT} | more
    candidate = Candidate(project_id=project_id, instruction=instruction, **values)
    session.add(candidate)
    session.flush()
    return candidate


def rate(session: Session, candidate: Candidate, person_id: int, **more: Any) -> Any:
    """Store somebody's rating of an example, fine in every field unless said otherwise."""
    values = {"version": candidate.version, "submission": f"{candidate.id}-{person_id}-{now()}", "answers": YES} | more
    return ratings.submit(session, candidate, quality_study, RatingForm(**values), person_id)


def compare(
    session: Session, project_id: int, endpoint_id: int, owner_id: int, text: str
) -> tuple[Comparison, Alternative]:
    """A comparison of a model with what was there, judged; its answers are to the first kept example."""
    form = ComparisonForm([endpoint_id], endpoint_id, with_own=True)
    comparison = start_comparison(session, project_id, form, owner_id)
    answering, judging = runs_compared(session, project_id, comparison.id)[comparison.id]
    for run in (answering, judging):
        run.state, run.started_at, run.ended_at, run.sentence = RunState.DONE, now(), now(), text
    own = session.scalars(
        select(Alternative).where(Alternative.project_id == project_id).order_by(Alternative.id)
    ).first()
    answer = Alternative(
        project_id=project_id,
        candidate_id=own.candidate_id,
        candidate_version=own.candidate_version,
        run_id=answering.id,
        model=text,
        output=f"{text} {text}",
        outcome=Outcome.KEPT,
    )
    session.add(answer)
    session.flush()
    call = session.get_one(
        Call,
        ledger.open_calls(
            session,
            answering.endpoint,
            judging.id,
            [ledger.Asking(ledger.Step(0, -1, "judgement"), 1, Prompt(text, Sampling(0, 1, 16)))],
        )[0],
    )
    call.outcome, call.text = CallOutcome.ANSWERED, text
    for place, (each, score) in enumerate([(own, 3), (answer, 8)]):
        session.add(
            Judgement(
                project_id=project_id,
                run_id=judging.id,
                round=0,
                alternative_id=each.id,
                call_id=call.id,
                place=place,
                score=score,
            )
        )
    session.flush()
    return comparison, answer


def study(session: Session, project_id: int, planner_id: int, text: str) -> Study:
    """A study that is not open yet, of one example: the first that was kept."""
    population = Filters(q=f"{text} again")
    return planning.plan_study(session, project_id, StudyForm(text, population=population, overlap="2"), planner_id)


def rate_in_study(session: Session, asked: Study, people: Iterable[int], text: str) -> Assignment:
    """Let people answer a study's example, each otherwise than the one before. Returns what the first one answered."""
    studying.open_study(session, asked, asked.created_by_id)
    given = []
    for number, person_id in enumerate(dict.fromkeys(people)):
        assignment = queue.next_assignment(session, asked, person_id)
        mine = answering.assignment_of(session, asked.project_id, asked.id, assignment.id, person_id)
        answers = YES | {"output_correct": "no"} if number else YES
        form = RatingForm(
            version=mine.item.candidate_version, submission=f"study {mine.id}", answers=answers, comment=text
        )
        answering.answer(session, asked, mine, form)
        given.append(mine)
    item_id = given[0].study_item_id
    adjudicating.decide(session, asked, item_id, "output_correct", "no", text, asked.created_by_id)
    return given[0]


def fill(session: Session, vault: Any, owner_id: int, rater_id: int, text: str = "Say it") -> Place:
    """Make a project with one of everything, in which every text is ``text``. Its rater is its first rater."""
    project = projects.create_project(session, text, text, owner_id)
    project.guidelines = text
    seed = None
    for number in range(3):
        form = SeedForm(
            name=f"{text} {number}",
            instruction=f"{text} {number}",
            instances=[(text, text)],
            is_classification=False,
        )
        seed = seeds.add_seed_task(session, project.id, form, owner_id)
    form = EndpointForm(name=text, base_url="http://127.0.0.1:9/v1", model=text, api_key="sk-very-secret")
    endpoint = add_endpoint(session, vault, project.id, form, owner_id)
    prompt_version = save_prompt(session, project.id, alpaca.TASKS, text, seen=0, actor_id=owner_id)
    run = start_run(session, project.id, RunForm("alpaca", endpoint.id, target_kept="9"), owner_id)
    prompt = Prompt(text, Sampling(temperature=0, top_p=1, max_tokens=16))
    shown = [ledger.Shown(seed.id, None)]
    asking = ledger.Asking(ledger.Step(0, -1, "tasks"), 1, prompt, shown)
    call = session.get_one(Call, *ledger.open_calls(session, endpoint, run.id, [asking]))
    call.outcome, call.text, call.model = CallOutcome.ANSWERED, text, text
    call.raw, call.reasoning, call.answered_at = text.encode(), text, now()
    again = ledger.Asking(ledger.Step(0, -1, "tasks"), 2, prompt)
    lost = session.get_one(Call, *ledger.open_calls(session, endpoint, run.id, [again]))
    lost.outcome, lost.sentence, lost.cost = CallOutcome.LOST, text, 7
    came_from = {"run_id": run.id, "call_id": call.id, "input": text, "output": text}
    evidence = {"nearest": [{"text": text, "score": 0.5}]}
    candidate = add_candidate(session, project.id, text, similarity=0.5, evidence=evidence, **came_from)
    rejected = {"outcome": Outcome.REJECTED, "rejected_by": "length", "reason": text}
    add_candidate(session, project.id, text, position=1, **came_from, **rejected)
    edit_candidate(session, candidate, Example(f"{text} again", text, text), version=1, actor_id=owner_id)
    rating = rate(session, candidate, rater_id, comment=text, flagged=True)
    approval.decide(session, candidate, Verdict.APPROVED, owner_id, text)
    release = snapshots.freeze(session, project, name=text, notes=text, actor_id=owner_id)
    open_ = add_candidate(session, project.id, f"{text}, still open", position=2, **came_from)
    asked = study(session, project.id, owner_id, text)
    assignment = rate_in_study(session, asked, (rater_id, owner_id), text)
    job = start_job(session, project.id, Nothing(), {"text": text}, owner_id)
    brought_in = start_import(session, project.id, ImportForm(text, "alpaca"), io.BytesIO(b"[]"), owner_id)
    found = {"renamed": {text: "output"}, "kept_keys": {text: 1}, "beside": [text], "taken_for": text, "empty": 1}
    end_job(session, brought_in.id, kept=1, rejected={"length": 1}, **found)
    record = json.dumps({"instruction": text, "output": text, "system": text}).encode()
    form = ImportForm(text, "alpaca")
    waiting = start_import(session, project.id, form, io.BytesIO(record), owner_id, waits=True)
    answered = start_answers_import(session, project.id, AnswersForm(text, text), io.BytesIO(b""), owner_id)
    end_job(session, answered.id, answers=2, added=1)
    arrived = {"import_id": brought_in.id, "line": 3, "input": text, "output": text, "metadata_": {text: [text]}}
    imported = add_candidate(session, project.id, f"{text}, imported", **arrived, **rejected)
    tried = start_dry_run(session, project.id, RunForm("alpaca", endpoint.id), owner_id, {alpaca.TASKS.name: text})
    end_job(session, tried.id, **tried_of(text))
    told = {"run_id": run.id, "layout": "json", "thresholds": {}, "keeps": False}
    reread = start_job(session, project.id, Reread(), told, owner_id)
    counts = {"calls": 1, "unreadable_before": 1, "unreadable": 0, "added": 1, "let_through": 1, "waiting": 1}
    end_job(session, reread.id, **counts, rejected={"length": 1}, shown=[text])
    replayed, search = look_for_similar_ones(session, project.id, owner_id)
    near_id = session.scalar(select(func.max(NearDuplicate.candidate_id)).where(NearDuplicate.job_id == search.id))
    comparison, alternative = compare(session, project.id, endpoint.id, owner_id, text)
    invitation, token = invitations.invite(session, project.id, role="annotator", uses="5", days="7", actor_id=owner_id)
    owner = session.get_one(Person, owner_id)
    reset_token = links.new_link(session, owner, purpose=LinkPurpose.RESET)
    link_token = links.new_link(session, owner)
    member = session.scalars(select(Membership).where(Membership.project_id == project.id)).one()
    return Place(
        {
            "project_id": project.id,
            "project_name": project.name,
            "seed_id": seed.id,
            "endpoint_id": endpoint.id,
            "prompt": alpaca.TASKS.name,
            "prompt_version": prompt_version,
            "run_id": run.id,
            "call_id": call.id,
            "job_id": job.id,
            "import_id": brought_in.id,
            "waiting_id": waiting.id,
            "answers_import_id": answered.id,
            "imported_id": imported.id,
            "dry_run_id": tried.id,
            "reread_id": reread.id,
            "replay_id": replayed.id,
            "search_id": search.id,
            "near_id": near_id,
            "candidate_id": candidate.id,
            "comparison_id": comparison.id,
            "alternative_id": alternative.id,
            "file_name": "preferences",
            "open_id": open_.id,
            "rating_id": rating.id,
            "study_id": asked.id,
            "assignment_id": assignment.id,
            "item_id": assignment.study_item_id,
            "report_file": "report.json",
            "rubric": copy_rubric(session, project.id, "quality_study", owner_id).name,
            "release_id": release.id,
            "format_name": "alpaca",
            "invitation_id": invitation.id,
            "token": token,
            "reset_token": reset_token,
            "link_token": link_token,
            "person_id": owner_id,
            "member_id": member.id,
            "path": "app.css",
        }
    )


def look_for_similar_ones(session: Session, project_id: int, owner_id: int) -> tuple[Job, Job]:
    """Replay the limit and search for near-duplicates, as the engine would. Returns both jobs, ended."""
    replayed = replay.start_replay(session, project_id, "", owner_id)
    history = replay.history_of(session, project_id)
    found = replay.rows_of(history, replay.replay(history.steps))
    replay.REPLAY.store(session, project_id, replayed.id, found)
    search = work.start_search(session, project_id, "0.5", "", owner_id)
    near = finding.find(finding.instructions_of(session, project_id), 0.5)
    work.SEARCH.store(session, project_id, search.id, [each.row() for each in near])
    for job in (replayed, search):
        end_job(session, job.id)
    return replayed, search


def tried_of(text: str) -> dict[str, Any]:
    """What a dry run has found out, in which every text is ``text``."""
    call = {"prompt": text, "text": text, "sentence": text, "tokens_in": 9, "tokens_out": 5, "cost": 7, "seconds": 1.5}
    silent = {"prompt": text, "text": None, "sentence": text}
    draft = {"instruction": text, "input": text, "output": text, "similarity": 0.5, "is_asked": False}
    said = [{"filter": "format", "sentence": ""}, {"filter": "length", "sentence": text}]
    written = draft | {"outcome": "kept", "said": said}
    asked = {
        "is_asked": True,
        "questions": [call | {"purpose": text}, silent | {"purpose": text}],
        "written": [written],
    }
    proposals = [draft | {"outcome": outcome, "said": said} for outcome in ("kept", "rejected", "unfinished")]
    proposals.append(proposals[-1] | asked)
    sample = {"calls": 3, "tokens_in": 900, "tokens_out": 500, "cached": 0, "seconds": 4.5, "kept": 2}
    rounds = [call | {"proposals": proposals}, silent | {"proposals": []}]
    return {"rounds": rounds, "samples": [sample, sample | {"kept": 1}]}


def end_run(session: Session, run_id: int, state: RunState = RunState.DONE) -> None:
    """Let a run end, as the engine would."""
    run = session.get_one(Run, run_id)
    run.state, run.ended_at, run.sentence = state, now(), "It has ended."


def end_job(session: Session, job_id: int, state: RunState = RunState.DONE, **result: Any) -> None:
    """Let a job end, as the engine would."""
    job = session.get_one(Job, job_id)
    job.state, job.ended_at, job.sentence = state, now(), "It has ended."
    job.result = result or {"problems": ["Line 1: <b>"]}


def count_events(session: Session) -> int:
    """How many changes were recorded."""
    return session.scalar(select(func.count()).select_from(Event)) or 0


def kinds_of_events(session: Session, after: int = 0) -> Iterable[str]:
    """What was recorded, in order."""
    return session.scalars(select(Event.kind).where(Event.id > after).order_by(Event.id)).all()
