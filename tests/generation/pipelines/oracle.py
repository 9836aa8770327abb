"""The published rules once more, as short and slow as they can be said: what tests compare the product with.

Written from what the papers state and from nothing else; it goes line by line where the product goes by patterns.
"""

from string import punctuation

UNWANTED = ["image", "graph", "picture", "file", "map"]
UNWANTED = [*UNWANTED, *(f"{word}s" for word in UNWANTED), "draw", "plot", "go to"]
UNWANTED += ["video", "audio", "music", "flowchart", "diagram"]


def is_fit(instruction):
    """Whether an instruction passes the rules on its length, its start and its words."""
    words = "".join(character if character.isalnum() else " " for character in instruction.lower()).split()
    text = f" {' '.join(words)} "
    return (
        3 < len(instruction.split()) <= 150
        and instruction[0] not in punctuation
        and instruction[0].isascii()
        and not instruction.lower().startswith("write a program")
        and not any(f" {word} " in text for word in UNWANTED)
    )


def kept_of(pairs, limit=5):
    """Which (input, output) pairs of one instruction are kept: none where two contradict each other."""
    taken = pairs[:limit]
    sound = [pair for pair in pairs if _is_whole(*pair)]
    if any(one[0] and one[0] == other[0] and one[1] != other[1] for one in sound for other in sound):
        return []
    return [pair for place, pair in enumerate(taken) if _is_whole(*pair) and pair not in taken[:place]]


def _is_whole(given, output):
    return bool(output) and given != output and not given.endswith(":") and not output.endswith(":")


def items_of(text, *, was_cut):
    """The instructions of a numbered list that goes on from an open number; none of a list cut for length."""
    items = [[]]
    for line in [] if was_cut else text.split("\n"):
        after = _after_number(line)
        if after is None:
            items[-1].append(line)
        else:
            items.append([after])
    texts = [" ".join(" ".join(lines).split()) for lines in items]
    return [text[0].upper() + text[1:] for text in texts if text]


def examples_of(text, *, was_cut):
    """The (input, output) pairs after "Example 1", "Example 2" and so on; a lone output has no input."""
    parts = [[]]
    for line in text.split("\n"):
        if line.lower().startswith("example") and line[7:].strip(" .:").isdigit():
            parts.append([])
        else:
            parts[-1].append(line)
    parts = [part for part in parts if "".join(part).strip()]
    return [pair for part in (parts[:-1] if was_cut else parts) if (pair := _example(part))]


def labelled_of(text, *, was_cut):
    """The (input, label) pairs after each "Class label:": the label is the first line with anything on it."""
    parts = []
    for line in text.split("\n"):
        if line.lower().startswith("class label:"):
            parts.append([line[12:]])
        elif parts:
            parts[-1].append(line)
    texts = ["\n".join(lines).strip().split("\n") for lines in (parts[:-1] if was_cut else parts)]
    return [(_joined(lines[1:], "Input:"), lines[0].strip()) for lines in texts if lines[0].strip()]


def tasks_of(text, first, *, was_cut):
    """The tasks between "###" at the end of a line, each with its three parts under one number; others are dropped."""
    blocks = [[]]
    for line in f"{first}. Instruction:{text}".split("\n"):
        blocks[-1].append(line.rstrip().rstrip("#") if line.rstrip().endswith("###") else line)
        if line.rstrip().endswith("###"):
            blocks.append([])
    if was_cut:
        blocks.pop()
    return [task for block in blocks if (task := _task(block))]


def _after_number(line):
    rest = line.lstrip("0123456789")
    if rest == line:
        return None
    dotted = rest[1:] if rest.startswith(" .") else rest
    return dotted[1:] if dotted[:1] == "." and dotted[1:2] in {"", " ", "\t"} else None


def _example(lines):
    for place, line in enumerate(lines):
        if line.lower().startswith("output:"):
            output = "\n".join([line[7:], *lines[place + 1 :]]).strip()
            return _joined(lines[:place], "Input:"), output
    text = "\n".join(lines).strip()
    return None if text.lower().startswith("input:") else ("", text)


def _joined(lines, name):
    text = "\n".join(lines).strip()
    return text[len(name) :].strip() if text.lower().startswith(name.lower()) else text


def _task(lines):
    number = lines and next((line.split(".")[0] for line in lines if line.strip()), "")
    parts, order = {}, []
    for line in lines:
        head, _, rest = line.partition(":")
        name = head.partition(".")[2].strip().lower()
        if name in {"instruction", "input", "output"} and head.partition(".")[0].strip() == number:
            order.append(name)
            parts[name] = [rest]
        elif order:
            parts[order[-1]].append(line)
    if order != ["instruction", "input", "output"]:
        return None
    instruction, given, output = ("\n".join(parts[name]).strip() for name in order)
    return (instruction, "" if given.lower() == "<noinput>" else given, output) if instruction else None
