"""What can go wrong and be told to a person: each error knows its HTTP status and its sentence."""


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


class ImportRefused(InvalidInput):
    """A file was refused whole. ``problems`` holds one sentence per line and field, in file order."""

    def __init__(self, sentence: str, problems: list[str]) -> None:
        super().__init__(sentence, field="file")
        self.problems = problems


class SignInRequired(AppError):
    status = 401


class Forbidden(AppError):
    status = 403


class NotFound(AppError):
    """Also raised for what exists but belongs to somebody else: a stranger learns nothing."""

    status = 404


class Conflict(AppError):
    """The state of things has moved on; the sentence says to what."""

    status = 409


class TooManyAttempts(AppError):
    status = 429
