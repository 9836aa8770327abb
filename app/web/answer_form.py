"""The form under an example that is rated, in a study or outside of one, as it is sent."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from app.errors import SignInRequired
from app.rating.ratings import RatingForm
from app.text import whole_numbers
from app.web.visit import Visitor


class AnswerForm(BaseModel):
    """The answers are further fields, named after the rubric's questions.

    ``held`` are the examples that the page has loaded already, ``annotator`` is who gave the answers.
    """

    model_config = ConfigDict(extra="allow")

    version: int
    submission: str
    seconds: Annotated[float, Field(allow_inf_nan=False)] | None = None
    comment: str = ""
    flagged: bool = False
    tags: list[str] = []
    action: Literal["save", "skip", "approve"] = "save"
    skip_reason: str = ""
    shown: str = ""
    guidelines: int | None = None
    annotator: int | None = None
    held: str = ""

    @property
    def is_skip(self) -> bool:
        """Whether it leaves the example without an answer."""
        return self.action == "skip" or bool(self.skip_reason)

    def rating(self, assumed: dict[str, str] | None = None) -> RatingForm:
        """Return what the stage reads. ``assumed`` are answers to what wasn't answered."""
        given = {name: value for name, value in (self.model_extra or {}).items() if isinstance(value, str) and value}
        return RatingForm(
            version=self.version,
            submission=self.submission,
            answers=(assumed or {}) | given,
            skipped=self.is_skip,
            skip_reason=self.skip_reason,
            flagged=self.flagged,
            comment=self.comment,
            tags=tuple(self.tags),
            shown=tuple(whole_numbers(self.shown)),
            guidelines=self.guidelines,
            seconds=self.seconds,
        )

    def check_annotator(self, visit: Visitor) -> None:
        """Raise SignInRequired where somebody else has signed in since the answers were given."""
        if self.annotator not in {None, visit.person.id}:
            raise SignInRequired("Somebody else gave these answers. Sign in as them to save them.")

    def stored(self, response: Response) -> Response:
        """Name what was stored: whatever lies between here and the browser may answer, too, and the page waits for
        whoever has stored it to say so."""
        if self.submission.isascii() and self.submission.isprintable():
            response.headers["tamis-saved"] = self.submission
        return response
