"""Objects to instances that are broken, contradict each other or repeat each other.

Self-Instruct first drops broken instances, then all that are left when two of these contradict each other, then
repetitions. A broken instance therefore contradicts and repeats nothing.
"""

from pydantic import BaseModel, ConfigDict

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer
from app.text import in_form

_Pair = tuple[str, str]


class InstancesThresholds(BaseModel):
    """There is nothing to set: each rule names a defect that no measure makes better."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Instances:
    name = "instances"
    label = "Broken example"
    description = (
        "Each instance must be complete, and those of one instruction must not contradict or repeat each other."
    )
    subjects: tuple[Subject, ...] = ("instance",)
    Thresholds: type[BaseModel] = InstancesThresholds

    def object_to(self, draft: Draft, thresholds: InstancesThresholds, pool: Comparer) -> Objection | None:
        """Object to a broken instance, to every one of a contradictory set and to a repetition of an earlier one."""
        instance = _stripped((draft.input, draft.output))
        if defect := _defect(instance):
            return Objection(defect)
        siblings = [_stripped(sibling) for sibling in draft.siblings]
        if contradiction := _contradiction([sibling for sibling in siblings if not _defect(sibling)]):
            return Objection(
                "The same input has different outputs among the instances of this instruction, so none can be trusted.",
                {"input": contradiction[0], "outputs": list(contradiction[1:])},
            )
        if instance in siblings[: draft.instance]:
            earlier = siblings.index(instance)
            return Objection(f"The same as instance {earlier + 1} of this instruction.", {"instance": earlier})
        return None


def _stripped(pair: _Pair) -> _Pair:
    """Return a pair as it is compared: the same letters are the same, however they are encoded."""
    given, output = (in_form("NFC", text).strip() for text in pair)
    return given, output


def _defect(pair: _Pair) -> str | None:
    """Return what is broken in an (input, output) pair as a sentence, or None."""
    given, output = pair
    if not output:
        return "The output is empty."
    if given == output:
        return "The output only repeats the input."
    for field, text in (("input", given), ("output", output)):
        # Chinese and Japanese have a wide colon of their own.
        if text.endswith((":", "\uff1a")):
            return f"The {field} ends in a colon, so something is missing after it."
    return None


def _contradiction(pairs: list[_Pair]) -> tuple[str, str, str] | None:
    """Return a non-empty input with its first two different outputs, or None where every input has one output."""
    first: dict[str, str] = {}
    for given, output in pairs:
        if given and first.setdefault(given, output) != output:
            return given, first[given], output
    return None
