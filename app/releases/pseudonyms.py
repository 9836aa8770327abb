"""What people are called in a file that leaves Tamis: always the same within a project, and nothing to go back by."""

import hmac

from app.models.projects import Project

_DIGITS = 16


def pseudonym_of(project: Project, person_id: int) -> str:
    """Return what somebody is called in the releases of a project, such as ``person-5f2b…``.

    Numbers of people are few and could all be tried, so the project's secret key goes in; another project calls the
    same person otherwise.
    """
    digest = hmac.digest(project.pseudonym_key, str(person_id).encode(), "sha256")
    return f"person-{digest.hex()[:_DIGITS]}"
