"""The contract of a rubric: versioned questions about one candidate. Its members are in ``rubrics/``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.errors import InvalidInput
from app.rating.scale import Choice, Kind, Scale
from app.statistics.level import Level

# What raters may say is the matter with an example, beside their answers.
TAGS = ("duplicate", "unsafe", "wrong", "unclear", "off-topic")


@dataclass(frozen=True, slots=True)
class Condition:
    """A question is shown only if an earlier ``question`` was answered with one of ``answers``."""

    question: str
    answers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """``label`` is in everyday words; ``help`` explains it and names the question of the study it comes from.

    ``valid`` is the answer that counts as "this field is fine", ``also_valid`` others that do; empty where no answer
    does. ``about`` is the field of the example it looks at.
    """

    name: str
    label: str
    help: str
    scale: Scale
    about: str = "output"
    valid: str = ""
    also_valid: tuple[str, ...] = ()
    required: bool = True
    shown_if: Condition | None = None

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Its possible answers."""
        return self.scale.choices

    @property
    def level(self) -> Level:
        """What statistics may make of its answers: of words at most their order, whatever the rubric says."""
        claimed = self.scale.level
        return Level.ORDINAL if claimed is Level.INTERVAL and not self.scale.counts else claimed

    def is_shown(self, answers: Mapping[str, str]) -> bool:
        """Return whether it is asked of somebody who gave ``answers`` to the questions before it."""
        return self.shown_if is None or answers.get(self.shown_if.question) in self.shown_if.answers

    def is_valid(self, answer: str | None) -> bool | None:
        """Return whether an answer says that the field is fine, None where no answer to this question does."""
        return answer in (self.valid, *self.also_valid) if self.valid else None

    def label_of(self, answer: str) -> str:
        """Return an answer as people read it."""
        if self.scale.kind is Kind.RANKING:
            return ", ".join(answer)
        return next((choice.label for choice in self.choices if choice.value == answer), answer)


@dataclass(frozen=True, slots=True)
class Rubric:
    """``version`` goes up whenever a question changes; ratings name the version they answered."""

    name: str
    version: int
    label: str
    source: str
    questions: tuple[Question, ...]
    tags: tuple[str, ...] = TAGS

    @property
    def most_shown(self) -> int:
        """How many answers to one instruction are shown at most, 0 where none are compared."""
        return max((question.scale.most_shown for question in self.questions), default=0)

    def only(self, names: Sequence[str]) -> "Rubric":
        """Return the rubric with the questions of ``names`` alone, each asked whatever was answered to those left out.

        What it finds of all fields together says nothing then.
        """
        asked = [question for question in self.questions if question.name in names]
        freed = [
            question if question.shown_if and question.shown_if.question in names else replace(question, shown_if=None)
            for question in asked
        ]
        return replace(self, questions=tuple(freed))

    def check(self, answers: Mapping[str, str], shown: int = 0) -> dict[str, str]:
        """Return the answers to the questions that were shown, and to no others. ``shown``: how many were compared.

        Raises InvalidInput naming the first required question without a known answer.
        """
        checked: dict[str, str] = {}
        for question in self.questions:
            given = answers.get(question.name, "")
            if not question.is_shown(checked) or not (given or question.required):
                continue
            answer = question.scale.read(given, shown)
            if answer is None:
                raise InvalidInput(f"Answer “{question.label}” first.", field=question.name)
            checked[question.name] = answer
        return checked

    def check_tags(self, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Return the tags in the rubric's order, each once. Raises InvalidInput for one that it doesn't have."""
        if strange := next((tag for tag in tags if tag not in self.tags), None):
            raise InvalidInput(f"“{strange}” is no tag here. Reload the page and choose again.", field="tags")
        return tuple(tag for tag in self.tags if tag in tags)

    def assumed(self) -> dict[str, str]:
        """Return the answers that approving an example gives: every field is fine."""
        return {question.name: question.valid for question in self.questions if question.valid}

    def all_valid(self, answers: Mapping[str, str]) -> bool | None:
        """Return whether every field is valid: each question that can say so does. None where no question can."""
        asked = [question for question in self.questions if question.valid and question.is_shown(answers)]
        counted = [question for question in asked if question.required or question.name in answers]
        return all(question.is_valid(answers.get(question.name)) for question in counted) if counted else None


__all__ = ["TAGS", "Choice", "Condition", "Kind", "Level", "Question", "Rubric", "Scale"]
