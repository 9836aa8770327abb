"""The short questionnaire about an annotator: all of it optional, kept with the membership, exported by the owner."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.errors import InvalidInput
from app.models.events import record
from app.models.people import Membership
from app.text import clean_name


@dataclass(frozen=True, slots=True)
class Question:
    """``choices``: values with what the page calls them; without any, the answer is a short text."""

    name: str
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


QUESTIONS: tuple[Question, ...] = (
    Question(
        "language",
        "How well do you know the language of these examples?",
        choices=(("first", "It is my first language"), ("fluent", "Fluently"), ("well", "Well"), ("some", "Somewhat")),
    ),
    Question("field", "What is your field of work or study?", "Such as nursing, law, or software."),
    Question(
        "years",
        "For how long have you worked in it?",
        choices=(("0-1", "Up to a year"), ("2-5", "2 to 5 years"), ("6-15", "6 to 15 years"), ("16+", "Longer")),
    ),
    Question(
        "consent",
        "May these answers be published with the ratings, without your name?",
        choices=(("yes", "Yes"), ("no", "No")),
    ),
)


def answer_questions(session: Session, member: Membership, sent: Mapping[str, str]) -> None:
    """Store what a member says of themselves in place of what they said before; an empty answer is none.

    Raises InvalidInput for a choice that isn't there.
    """
    answers = {question.name: _checked(question, sent.get(question.name, "")) for question in QUESTIONS}
    member.about = {name: answer for name, answer in answers.items() if answer}
    # What was said is not repeated in the record of changes: it is theirs to take back.
    record(
        session,
        "member.described",
        project_id=member.project_id,
        actor_id=member.person_id,
        subject_id=member.person_id,
        after={"answers": len(member.about)},
    )


def _checked(question: Question, answer: str) -> str:
    text = clean_name(answer, question.label)
    if text and question.choices and text not in dict(question.choices):
        raise InvalidInput("Choose one of the answers, or none.", field=question.name)
    return text
