"""Prompts in the shapes of the published pipelines, with wording of our own."""

SEEDS = (
    "Suggest a name for a rescued greyhound.",
    "Translate the greeting to Portuguese.",
    "Explain to a child why the sea is salty.",
    "Shorten the paragraph to one sentence.",
    "List three board games for two players.",
    "Write a limerick about a lost umbrella.",
    "Calculate the area of a circle with the given radius.",
    "What can be cooked from rice, eggs and leeks?",
)


def instruction_list(header: str = "Come up with a series of tasks:", seeds: tuple[str, ...] = SEEDS) -> str:
    """Return a numbered list whose next number is open."""
    lines = [f"{number}. {seed}" for number, seed in enumerate(seeds, 1)]
    return "\n".join([header, *lines, f"{len(seeds) + 1}."])


def question(instruction: str, ask: str = "Is it classification?") -> str:
    """Return tasks with a yes or no each, the last one open."""
    return (
        "Can the tasks be answered by choosing from fixed labels?\n\n"
        f"Task: Name the capital of a country.\n{ask} No\n\n"
        f"Task: Say if the tweet is angry or calm.\n{ask} Yes\n\n"
        f"Task: {instruction}\n{ask}"
    )


def input_first(instruction: str) -> str:
    """Return tasks with examples, the last one open."""
    return (
        "Come up with examples for the following tasks.\n\n"
        "Task: Name two exercises for a stiff neck.\nOutput:\n- slow circles\n- shoulder rolls\n\n"
        "Task: Sort the given list.\nExample 1\nList: 3, 1, 2\nOutput: 1, 2, 3\n"
        "Example 2\nList: 9, 4\nOutput: 4, 9\n\n"
        f"Task: {instruction}\n"
    )


def output_first(instruction: str) -> str:
    """Return classification tasks with labels and inputs, the last one open."""
    return (
        "Generate an input that fits each class label.\n\n"
        "Task: Is the tweet angry or calm?\nClass label: calm\nTweet: What a slow, sunny morning.\n"
        "Class label: angry\nTweet: Who parked in front of my door again?\n\n"
        f"Task: {instruction}\n"
    )


def task_list(total: str = "a set of 20 diverse task instructions", shown: int = 3) -> str:
    """Return numbered blocks, the next one open."""
    blocks = [
        f"###\n{number}. Instruction: {seed}\n{number}. Input:\n<noinput>\n{number}. Output:\nA fine answer.\n"
        for number, seed in enumerate(SEEDS[:shown], 1)
    ]
    rules = "Requirements:\n1. Vary the verbs.\n2. Use English: one or two sentences.\n"
    return (
        f"Please come up with {total}.\n\n{rules}\nThe tasks:\n" + "".join(blocks) + f"###\n{shown + 1}. Instruction:"
    )


LIST = instruction_list()
