"""What is taken for code: by small cases, and by this project's own files, which are known to be code or words."""

import re
from pathlib import Path

import pytest

from app.web.code_lines import code_spans

ROOT = Path(__file__).parents[2]
# The share of lines of each language that is recognised in pieces of 25 lines, wherever they begin and end.
OWN_CODE = {
    "app/**/*.py": 0.94,
    "migrations/versions/*.py": 0.98,
    "static/**/*[a-z].js": 0.98,
    "static/app.css": 0.98,
    "templates/**/*.html": 0.97,
}
PIECE = 25


def coded(text: str) -> list[str]:
    lines = text.split("\n")
    return [line for start, stop in code_spans(lines) for line in lines[start:stop] if line.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "print('Hello')",
        "import numpy as np",
        "x = [1, 2, 3]",
        "result = add(1, 'b')",
        "for i in range(10):\n    print(i)",
        "if (a > b) {\n  return a;\n}",
        "public class Main {\n    int x;\n}",
        "def speak\n  puts 'hi'\nend",
        "#include <stdio.h>\nint main() { return 0; }",
        "const f = (x) => {\n  return x;\n};",
        'fn main() {\n    println!("hi");\n}',
        "SELECT * FROM people WHERE age > 3",
        "CREATE TABLE a (\n  id INT,\n  name TEXT\n);",
        "UPDATE people\nSET age = 3\nWHERE id = 1",
        '<p class="a">Some words of a page.</p>',
        "<html>\n<body>\n<h1>Title</h1>\n</body>\n</html>",
        "a:hover { color: #fff; }",
        ".a {\n  margin: 0;\n}",
        '{"name": "Ada", "age": 36}',
        '{\n  "a": 1\n}',
        '#!/bin/sh\necho "hi"\nls -l',
        "$ npm install",
        "git commit -m 'x'",
        ">>> 1 + 1",
        "// Set a counter\nlet i = 0;",
        "mean <- function(x) sum(x) / length(x)",
        "n := len(a)",
        "^[a-z]+@[a-z]+$",
        '"""\nSays hello to whom it is called with.\n"""\ndef hello(name):\n    print(name)',
        "# Load the data\ndata = pd.read_csv('a.csv')\n\n# Split it\nX = data.iloc[:, :2]\ny = data.iloc[:, 2]",
        "IF x > 3 THEN\n  PRINT x\nEND IF\nSET x = 3;",
        "\\begin{tabular}{ll}\na & b \\\\\n\\end{tabular}",
    ],
)
def test_code_of_any_language(text):
    assert coded(text) == [line for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    "text",
    [
        "The function returns x + 1 for every x.",
        "You can call print() to see it, or use x = 5.",
        "build(): This function is used to build a resource for the page.",
        "Speed = distance / time",
        "v = 10 m/s + 20 m/s\nv = 30 m/s",
        "x = (8 - 3y) / 2\ny = 15/5\nx = 3",
        "cos(C) = (a² + b² - c²) / (2ab)",
        "f(2) = 0",
        "The stars were bright;\nThe night was long;\nAnd I was there;",
        "1. if you can: do it\n2. return the book (today);",
        "- `x = 5;`\n- `y = 6;`",
        "Step 1: Set min to A[0].\nStep 2: Compare A[i] with min.",
        "For example:\nthis and that",
        "If you want to go: go.",
        "<noinput>",
        "Dear John,\n    thank you for your letter.\nYours, Ann",
        "Name: Ada\nAge: 36\nCity: London",
        "Select the best answer from the list (or none).",
        "from here to there",
        "import taxes are high in this country",
        "class is over",
        "Home > Products > Tea",
        "Snow -> Winter\nSun -> Summer",
        "# A heading\n\nAnd words below it.",
        "| a | b |\n|---|---|\n| x[0] | f(y); |",
        "这是一个句子；\n另一个句子；",
        "Water(H2O) is wet.",
        "",
    ],
)
def test_words_with_signs_of_code_in_them(text):
    assert coded(text) == []


def test_words_around_code_stay_words():
    text = "Use a loop:\nfor x in y:\n    print(x)\nThis prints all of them.\n\nIt is easy:\n\nf(1);\ng(2);\n\nEnd."
    assert coded(text) == ["for x in y:", "    print(x)", "f(1);", "g(2);"]


@pytest.mark.parametrize("pattern", OWN_CODE)
def test_this_projects_code_is_recognised(pattern, record_property):
    found = written = 0
    for file in ROOT.glob(pattern):
        lines = file.read_text().split("\n") if "vendor" not in file.parts else []
        for start in range(0, len(lines), PIECE):
            piece = [line for line in lines[start : start + PIECE] if line.strip()]
            found += len(coded("\n".join(lines[start : start + PIECE])))
            written += len(piece)
    record_property("share", found / written)
    assert found / written >= OWN_CODE[pattern]


def test_no_line_of_this_projects_documents_is():
    files = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    texts = [re.sub(r"(?ms)^ *```.*?^ *```$|^    [^\n]*$", "", file.read_text()) for file in files]
    assert sum(len(text.split("\n")) for text in texts) > 1_000
    assert [line for text in texts for line in coded(text)] == []
