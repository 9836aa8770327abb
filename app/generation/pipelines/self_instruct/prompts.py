"""The prompts of Self-Instruct: two that ask for instructions, three about each of them."""

from app.generation.sheet import STEERED, PromptSheet, list_of

_NUMBERED = "1. Name three rivers of Peru.\n2. Is this review positive or negative?\n3."
_INSTRUCTIONS = list_of(
    "The instructions drawn for this prompt, seed tasks and kept examples mixed, one to a numbered line.", _NUMBERED
)
_ABOUT_ONE = "Seed tasks, and at the end the instruction that is asked about."
_MARKER = "Task:"

INSTRUCTIONS = PromptSheet(
    "self_instruct_instructions",
    "New instructions",
    "Asks for more instructions of any kind, as the next items of a list.",
    (_INSTRUCTIONS, STEERED),
    shown="instructions",
)
LABELS = PromptSheet(
    "self_instruct_labels",
    "New classification instructions",
    "Takes the place of the one above in runs that want nothing but classification.",
    (_INSTRUCTIONS, STEERED),
    shown="instructions",
    parameters={"task_kind": "classification"},
)
KIND = PromptSheet(
    "self_instruct_classification",
    "Classification or not",
    "Asks about each accepted instruction whether it is answered with a label. The answer must begin with Yes or No.",
    (list_of(_ABOUT_ONE, "Task: Name a fruit.\nIs it classification? No\n\nTask: …\nIs it classification?"),),
    shown="tasks",
    gap="\n\n",
    marker=_MARKER,
    answers={},
)
INPUT_FIRST = PromptSheet(
    "self_instruct_input_first",
    "Examples, input first",
    "Asks for examples of an instruction that is not classification.",
    (list_of(_ABOUT_ONE, "Task: Add both.\nExample 1\nInput: 1 and 2\nOutput: 3\n\nTask: …"), STEERED),
    shown="tasks",
    gap="\n\n",
    marker=_MARKER,
    answers={"classification": "No"},
)
OUTPUT_FIRST = PromptSheet(
    "self_instruct_output_first",
    "Examples, label first",
    "Asks for examples of a classification instruction: a label, then an input that deserves it.",
    (list_of(_ABOUT_ONE, "Task: Spam or not?\nClass label: Spam\nYou have won!\n\nTask: …"), STEERED),
    shown="tasks",
    gap="\n\n",
    marker=_MARKER,
    answers={"classification": "Yes"},
)
PROMPTS = (INSTRUCTIONS, LABELS, KIND, INPUT_FIRST, OUTPUT_FIRST)
