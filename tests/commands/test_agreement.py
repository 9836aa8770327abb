"""``tamis agreement`` on files as people have them: figures on standard output, or one refusal and exit status 2."""

import json

import pytest

from tests.starting import refused, said

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EXPORT = (
    '"id","annotator","lead_time","tone"\n7,"1","3.2","warm"\n7,"2","4.1","cold"\n8,"1","2","warm"\n8,"2","1","warm"\n'
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (EXPORT, "--item id --answer tone"),
        ("id,user,label\n7,a,warm\n7,b,cold\n8,a,warm\n8,b,warm\n", "--item id --annotator user --answer label"),
        ("id,a,b\n7,warm,cold\n8,warm,warm\n9,NA,warm\n", "--wide --item id --missing NA,NaN"),
        ("id,a,b,why\n7,warm,cold,\n8,warm,warm,so\n", "--item id --annotator a --annotator b"),
        ("item,annotator,question,answer\n7,a,t,1\n7,b,t,2\n8,a,t,1\n8,b,t,1.0\n7,a,u,1\n", "--question t"),
    ],
)
def test_columns_are_named(tamis, text, words):
    (tamis.folder / "answers.csv").write_text(text)
    found = json.loads(said(tamis("agreement", "answers.csv", "--json", *words.split())))
    assert (found["annotators"], found["percent_agreement"]) == (2, 0.5)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("item,annotator,answer\n", "Nothing was measured: the file holds no answers."),
        ("item,annotator,answer\n1,a,yes\n2,a,no\n", "Nothing was measured: all answers are of “a”."),
        (EXPORT, "Name its columns with --item, --annotator and --answer"),
        ("item,annotator,answer\n1,a,yes\n1,b,yes, but\n", "Line 3: has 4 cells, and the header 3."),
        (
            'item,annotator,answer\n1,a,yes\n1,b,no\n"2,a,no\n2,b,no\n',
            "Line 4: is no CSV from here on: a quotation mark",
        ),
    ],
)
def test_nothing_is_computed_from_what_can_not_be_placed(tamis, text, told):
    (tamis.folder / "answers.csv").write_text(text)
    assert told in refused(tamis("agreement", "answers.csv", "--json"))


def test_what_may_mean_no_answer_is_said_beside_the_figures(tamis):
    (tamis.folder / "answers.csv").write_text("item,annotator,answer\n1,a,NA\n1,b,no\n2,a,no\n2,b,no\n")
    done = tamis("agreement", "answers.csv", "--json")
    assert (done.returncode, json.loads(done.stdout)["percent_agreement"]) == (0, 0.5)
    assert done.stderr == "NA counted as an answer. If it means that there is none: --missing NA\n"
