import pytest

from app.generation.pipeline import Demonstration


@pytest.fixture
def seeds():
    """Ten seed tasks: every third is classification, every second has no input."""
    return [
        Demonstration(
            instruction=f"Carry out seed task {number}",
            instances=((f"input {number}" if number % 2 else "", f"output {number}"),),
            is_classification=number % 3 == 0,
            seed_task_id=number,
        )
        for number in range(10)
    ]


@pytest.fixture
def kept():
    """Four kept candidates, the last two of them classification."""
    return [
        Demonstration(f"Kept candidate {number}", (("", "output"),), is_classification=number > 1, candidate_id=number)
        for number in range(4)
    ]
