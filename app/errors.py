"""What can go wrong and be told to a person: each error knows its HTTP status and its sentence."""

from bisect import insort

_MOST_PROBLEMS = 20


class AppError(Exception):
    """A refusal with a sentence that says what to do. ``field`` names the form field it belongs to, if any."""

    status = 400

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class InvalidInput(AppError):
    """What was sent can't be taken as it is."""

    status = 422


class LinkGone(InvalidInput):
    """A link that stands for nothing, any more or ever: guessing at links ends here."""


class ImportRefused(InvalidInput):
    """A file was refused whole. ``problems`` holds one sentence per line and field, in file order."""

    def __init__(self, sentence: str, problems: list[str]) -> None:
        super().__init__(sentence, field="file")
        self.problems = problems


class Problems:
    """What is wrong with a file: the first sentences by line, in whichever order they come, and how many there are."""

    def __init__(self) -> None:
        self.count = 0
        self._first: list[tuple[int, int, str]] = []

    def add(self, line: int, sentence: str) -> None:
        """Add what is wrong with a line, counted from 1."""
        self.count += 1
        insort(self._first, (line, self.count, f"Line {line:,}: {sentence}"))
        del self._first[_MOST_PROBLEMS:]

    def refusal(self, what_failed: str) -> ImportRefused:
        """Return the refusal of the file; ``what_failed`` as in “Nothing was imported”."""
        many = f"{self.count:,} problem{'s' if self.count != 1 else ''}"
        shown = f"; the first {_MOST_PROBLEMS} are shown" if self.count > _MOST_PROBLEMS else ""
        return ImportRefused(f"{what_failed}: the file has {many}{shown}.", [problem for _, _, problem in self._first])


class SignInRequired(AppError):
    status = 401


class Forbidden(AppError):
    status = 403


class Paused(Forbidden):
    """Somebody who may come in, but not at the moment."""


class Elsewhere(Forbidden):
    """Somebody who may rate, but in another place: a study of a project."""

    def __init__(self, sentence: str, *, project_id: int, study_id: int) -> None:
        super().__init__(sentence)
        self.project_id, self.study_id = project_id, study_id


class NotFound(AppError):
    """Also raised for what exists but belongs to somebody else: a stranger learns nothing."""

    status = 404


class Conflict(AppError):
    """The state of things has moved on; the sentence says to what."""

    status = 409


class Archived(Conflict):
    """Something would change in a project that is only read."""


class AlreadyHere(Conflict):
    """A file that was brought into a project before, by a job of it; it may be brought in again."""

    def __init__(self, sentence: str, *, project_id: int, job_id: int) -> None:
        super().__init__(sentence, field="file")
        self.project_id, self.job_id = project_id, job_id


class TooManyAttempts(AppError):
    status = 429
