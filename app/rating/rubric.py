"""The contract of a rubric: versioned questions about one candidate. Its members are in ``rubrics/``."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question. ``key`` is pressed to give it and printed on its button."""

    value: str
    label: str
    key: str


@dataclass(frozen=True, slots=True)
class Question:
    """``label`` is in everyday words; ``help`` explains it and names the question of the study it comes from.

    ``valid`` is the answer that counts as "this field is fine"; ``about`` the field of the example it looks at.
    """

    name: str
    label: str
    help: str
    about: str
    choices: tuple[Choice, ...]
    valid: str


@dataclass(frozen=True, slots=True)
class Rubric:
    """``version`` goes up whenever a question changes; ratings name the version they answered."""

    name: str
    version: int
    label: str
    source: str
    questions: tuple[Question, ...]

    def check(self, answers: Mapping[str, str]) -> dict[str, str]:
        """Return one known answer per question. Raises InvalidInput naming the first question without one."""
        checked = {}
        for question in self.questions:
            answer = answers.get(question.name, "")
            if answer not in {choice.value for choice in question.choices}:
                raise InvalidInput(f"Answer “{question.label}” first.", field=question.name)
            checked[question.name] = answer
        return checked

    def all_valid(self, answers: Mapping[str, str]) -> bool:
        """Return whether every field is valid: each question has the answer that says so."""
        return all(answers.get(question.name) == question.valid for question in self.questions)
