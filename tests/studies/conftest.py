"""What tests of studies begin with."""

import pytest

from app.models.people import Membership, Role
from tests.builders import add_person
from tests.studies.builders import add_examples


@pytest.fixture
def ana(session, project):
    """Who owns the project, in which there are four examples."""
    made = add_person(session, "Ana")
    session.add(Membership(project_id=project.id, person_id=made.id, role=Role.OWNER))
    add_examples(session, project, 4)
    return made
