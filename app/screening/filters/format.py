"""Objects to text that could not be read as an example at all."""

from pydantic import BaseModel, ConfigDict

from app.screening.filter import Draft, Objection, Subject
from app.screening.pool import Comparer


class FormatThresholds(BaseModel):
    """There is nothing to set: a text can be read or it can't."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Format:
    """Asked first and about everything, since no other filter can judge what could not be read."""

    name = "format"
    label = "Unreadable"
    description = "The text must have the parts that an example needs, in the layout that was asked for."
    subjects: tuple[Subject, ...] = ("instruction", "instance")
    Thresholds: type[BaseModel] = FormatThresholds

    def object_to(self, draft: Draft, thresholds: FormatThresholds, pool: Comparer) -> Objection | None:
        """Object where reading ``draft`` met a problem, in the reader's own sentence."""
        return Objection(draft.problem) if draft.problem is not None else None
