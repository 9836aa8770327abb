"""Studies as curators see them: planned, opened, watched, closed."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from pydantic import Field
from starlette.responses import Response

from app.candidates.listing import Filters
from app.errors import InvalidInput
from app.generation.runs import runs_of
from app.imports.importing import Import
from app.jobs import jobs_of
from app.models.base import NumberOf
from app.models.people import Person, Role
from app.people.crowd import crowd_link_of
from app.people.into_study import takes_people_in
from app.rating.own_rubrics import own_rubrics
from app.rating.rubric import Rubric
from app.rating.rubrics import RUBRICS, quality_study
from app.studies import planning, studying
from app.studies.contenders import contenders_in, count_items, label_of
from app.studies.foresight import Outline, foresee
from app.studies.planning import PAPER_SIZE, StudyForm
from app.studies.raters import raters_of
from app.studies.sampling import STRATA
from app.studies.stopping import STOPS, StoppingForm, parse_plan, tell_plan
from app.studies.taking_part import own_studies
from app.text import clean, whole_number
from app.web.fields import Tick
from app.web.rendering import is_htmx
from app.web.route import Route
from app.web.visit import Visit, Visitor

router = APIRouter(prefix="/projects/{project_id}/studies", route_class=Route)


class Sent(Filters, frozen=True):
    """The form of a new study, as it is typed, with the filters that say what is drawn from.

    What isn't sent is as in the study of the paper.
    """

    name: str = "Quality study"
    size: str = str(PAPER_SIZE)
    seed: str = ""
    strata: list[str] = Field([])
    one_instance: Tick = ""
    contenders: list[str] = Field([])
    rubric: str = quality_study.name
    overlap: str = "1"
    giving_out: str = "self_serve"
    people: Annotated[list[str], NumberOf(Person)] = Field([])
    gold: str = ""
    repeats: str = ""
    third: Tick = ""
    stop: str = "all"
    points: str = ""
    question: str = ""
    opens: Tick = ""

    def checked(self) -> "Sent":
        """Pass every text through the gate. Raises InvalidInput with the field named."""
        for name, value in self:
            for each in value if isinstance(value, list) else [value]:
                clean(each, name)
        return self

    def population(self) -> Filters:
        """What is drawn from."""
        return Filters.model_validate(self.model_dump(include=set(Filters.model_fields)))

    def form(self) -> StudyForm:
        """The form that the stage reads."""
        return StudyForm(
            name=self.name,
            size=self.size,
            population=self.population(),
            seed=self.seed,
            strata=self.strata,
            one_instance=self.one_instance == "true",
            contenders=self.contenders,
            rubric=self.rubric,
            overlap=self.overlap,
            giving_out=self.giving_out,
            people=[number for each in self.people if (number := whole_number(each)) is not None],
            gold=self.gold,
            repeats=self.repeats,
            stopping=StoppingForm(self.stop, self.points, self.question, self.third == "true"),
        )


@router.get("", name="studies.list")
def list_(visit: Visit) -> Response:
    """All studies for curators; for annotators those that they may rate in."""
    with visit.reading() as session:
        if not visit.role.includes(Role.VIEWER):
            link = crowd_link_of(session, visit.project.id, visit.person.id)
            mine = own_studies(session, visit.project.id, visit.person.id, link)
            return visit.render("studies/waiting.html", studies=mine)
        return visit.render(
            "studies/list.html",
            studies=studying.studies_of(session, visit.project.id),
            matched=foresee(session, visit.project.id, Outline(Filters(), PAPER_SIZE)).matched,
            paper_size=PAPER_SIZE,
        )


@router.get("/new", name="studies.new")
def new(
    visit: Visit,
    filters: Annotated[Filters, Query()],
    contenders: Annotated[list[str], Query()] = [],  # noqa: B006 - never changed
    rubric: str = quality_study.name,
) -> Response:
    chosen = {"one_instance": "true", "contenders": contenders, "rubric": rubric}
    sent = Sent.model_validate(filters.model_dump(exclude={"outcome", "rejected_by"}) | chosen)
    return _wizard(visit, sent.checked())


@router.post("/estimate", name="studies.estimate")
def estimate(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    """Nothing is stored: with htmx only the outlook is sent, else the page with the form as it was typed."""
    return _wizard(visit, sent.checked(), only_outlook=is_htmx(visit.request))


@router.post("", name="studies.start")
def start(visit: Visit, sent: Annotated[Sent, Form()]) -> Response:
    """Draw the sample and, where the button says so, let people rate at once."""
    with visit.writing(snapshot=True) as session:
        study = planning.plan_study(session, visit.project.id, sent.checked().form(), visit.person.id)
        if sent.opens == "true":
            studying.open_study(session, study, visit.person.id)
    return visit.redirect("studies.show", project_id=visit.project.id, study_id=study.id)


@router.get("/{study_id}", name="studies.show")
def show(visit: Visit, study_id: int) -> Response:
    with visit.reading() as session:
        study = studying.study_in(session, visit.project.id, study_id)
        rubric = studying.rubric_of(session, study)
        annotators = {person.id: person.name for person in studying.annotators_of(session, visit.project.id)}
        return visit.render(
            "studies/show.html",
            study=study,
            rubric=rubric,
            plan=tell_plan(study.plan, rubric),
            standing=studying.standing_of(session, study.id),
            raters=raters_of(session, study, rubric),
            people=[annotators.get(each, "somebody who left") for each in study.people],
            may_rate=studying.may_rate(study, visit.person.id),
            can_join=takes_people_in(study),
            strata=[STRATA[name] for name in study.strata],
            contenders=[label_of(name) for name in study.contenders],
        )


@router.post("/{study_id}/open", name="studies.open")
def open_(visit: Visit, study_id: int) -> Response:
    with visit.writing() as session:
        study = studying.study_in(session, visit.project.id, study_id, locked=True)
        studying.open_study(session, study, visit.person.id)
    return visit.redirect("studies.show", project_id=visit.project.id, study_id=study_id)


def _plan(sent: Sent, rubric: Rubric) -> dict[str, Any] | None:
    """When the study is to stop, None where that isn't typed yet."""
    try:
        return parse_plan(sent.form().stopping, rubric)
    except InvalidInput:
        return None


def _wizard(visit: Visitor, sent: Sent, *, only_outlook: bool = False) -> Response:
    with visit.reading() as session:
        annotators = studying.annotators_of(session, visit.project.id)
        contenders = contenders_in(session, visit.project.id)
        known = {each.name for each in contenders}
        sent = sent.model_copy(update={"contenders": [name for name in sent.contenders if name in known]})
        offered = [*RUBRICS, *own_rubrics(session, visit.project.id)]
        rubrics = [each for each in offered if contenders or not each.most_shown]
        chosen = next((each for each in rubrics if each.name == sent.rubric), rubrics[0])
        people = len(sent.people) or len(annotators)
        size, overlap = whole_number(sent.size.replace(",", "")) or 0, whole_number(sent.overlap) or 1
        return visit.render(
            "studies/new.html",
            block="outlook" if only_outlook else None,
            sent=sent,
            filters=sent.population(),
            outlook=foresee(
                session,
                visit.project.id,
                Outline(
                    sent.population(),
                    size,
                    overlap,
                    people,
                    sent.contenders,
                    count_items(chosen, len(sent.contenders)),
                    _plan(sent, chosen),
                ),
            ),
            contenders=contenders,
            chosen=chosen,
            overlap=overlap,
            annotators=annotators,
            rubrics=rubrics,
            questions=chosen.questions,
            strata=STRATA,
            stops=STOPS,
            runs=[(run.id, f"Run {run.id}") for run, _ in runs_of(session, visit.project.id)],
            files=[(job.id, job.parameters["file"]) for job in jobs_of(session, visit.project.id, kind=Import.name)],
        )
