"""The command line as it is typed, from a folder of its own."""

import gzip
import hashlib
import json
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select

from app import __version__
from app.database import Database, migrate
from app.models.candidates import Candidate
from app.models.people import Person
from app.models.projects import SeedTask
from app.models.releases import Release, ReleaseItem
from app.people.links import redeem_sign_in_link
from app.releases.record import canonical
from app.releases.snapshots import freeze
from tests.builders import add_candidate, add_person, add_project, approve
from tests.starting import refused, run_command, said

TAMIS = Path(sys.executable).with_name("tamis")
SEED = {
    "id": "seed_0",
    "name": "spell",
    "instruction": "Spell “cat”.",
    "instances": [{"input": "", "output": "c, a, t"}],
    "is_classification": False,
}


@pytest.fixture
def release(database):
    with database.writing() as session:
        project, ada = add_project(session, name="Fruits"), add_person(session, "Ada")
        for name in ("apple", "pear"):
            approve(session, add_candidate(session, project, "Name a fruit.", output=name), ada)
        return freeze(session, project, name="v1", notes="", actor_id=ada.id)


def test_version_and_secret_key_need_no_database(tmp_path):
    surroundings = {"TAMIS_DATA_DIR": str(tmp_path / "data"), "TAMIS_DATABASE_URL": "sqlite:////nowhere/at/all.db"}
    version, key = (
        subprocess.run([TAMIS, word], check=True, capture_output=True, text=True, cwd="/", env=surroundings).stdout
        for word in ("--version", "secret-key")
    )
    assert version == f"tamis {__version__}\n"
    vault = Fernet(key.strip())
    assert vault.decrypt(vault.encrypt(b"sk-1")) == b"sk-1"
    assert list(tmp_path.iterdir()) == []


def test_sign_in_prints_a_link_that_signs_the_owner_in_once(tamis, database):
    link = said(tamis("sign-in", "--base-url", "https://tamis.example.org/"))
    from_settings = said(tamis("sign-in", TAMIS_BASE_URL="https://tamis.example.com"))
    assert re.fullmatch(r"https://tamis\.example\.org/sign-in/[\w-]{43}\n", link)
    with database.writing() as session:
        assert redeem_sign_in_link(session, from_settings.strip().rpartition("/")[2]).runs_instance
        assert session.scalars(select(Person.name)).all() == ["Owner"]
    assert from_settings.startswith("https://tamis.example.com/sign-in/")


@pytest.mark.parametrize("word", ["serve", "worker", "migrate"])
def test_a_broken_or_newer_database_is_told_in_a_sentence(tmp_path, word):
    broken, newer = tmp_path / "broken.db", tmp_path / "newer.db"
    broken.write_bytes(b"no database at all, " * 1_000)
    migrate(f"sqlite:///{newer}")
    with closing(sqlite3.connect(newer)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'ffffffffffff'")
    told = []
    for path in (broken, newer):
        surroundings = {"TAMIS_DATA_DIR": str(tmp_path), "TAMIS_DATABASE_URL": f"sqlite:///{path}"}
        told.append(refused(run_command(word, env=surroundings, cwd=Path("/"))))
    assert "file is not a database" in told[0]
    assert told[1].startswith("This database was made by a newer Tamis than this one. Start the newer one")


def test_seed_tasks_are_imported_whole_or_not_at_all(tamis, database):
    with database.writing() as session:
        add_project(session, name="Fruits")
    good, bad = tamis.folder / "good.jsonl", tamis.folder / "bad.jsonl"
    good.write_text(json.dumps(SEED) + "\n")
    bad.write_text(json.dumps(SEED | {"name": "new", "instruction": "New."}) + "\nnot JSON\n" + json.dumps(SEED) + "\n")
    assert said(tamis("seeds", "import", "Fruits", "good.jsonl")) == "Imported 1 seed tasks.\n"
    assert refused(tamis("seeds", "import", "Fruits", bad)).splitlines() == [
        "Nothing was imported: the file has 3 problems.",
        "Line 2: is not JSON. Each line must be one JSON object.",
        "Line 3: the name “spell” is in the project already.",
        "Line 3: the instruction of “spell” is in the project already.",
    ]
    with database.reading() as session:
        assert session.scalars(select(SeedTask.name)).all() == ["spell"]


def test_an_export_is_the_release(tamis, release):
    assert said(tamis("export", "v1", "--out", "full.jsonl")) == "Wrote 2 examples to full.jsonl.\n"
    said(tamis("export", release.sha256[:10], "--format", "alpaca", "--out", tamis.folder / "alpaca.json"))
    assert hashlib.sha256((tamis.folder / "full.jsonl").read_bytes()).hexdigest() == release.sha256
    assert [each["output"] for each in json.loads((tamis.folder / "alpaca.json").read_text())] == ["apple", "pear"]
    assert sorted(path.name for path in tamis.folder.iterdir()) == ["alpaca.json", "full.jsonl"]


@pytest.mark.usefixtures("release")
def test_options_of_a_format_are_named_with_their_value(tamis):
    out = tamis.folder / "pairs.jsonl"
    said(
        tamis(
            "export",
            "v1",
            "--format",
            "completion",
            "--option",
            "end_marker=<=>",
            "--option",
            "places=no",
            "--out",
            out,
        )
    )
    pairs = [json.loads(line) for line in out.read_text().splitlines()]
    assert [each["completion"].strip() for each in pairs] == ["apple<=>", "pear<=>"]
    assert all(list(each) == ["prompt", "completion"] for each in pairs)


def test_an_export_says_what_was_frozen_without_an_output(tamis, database):
    """Releases from before such were held back hold some."""
    with database.writing() as session:
        project, ada = add_project(session, name="Fruits"), add_person(session, "Ada")
        rule = {"project_id": project.id, "rule": {"approval_ratings": 0}, "created_by_id": ada.id}
        release = Release(name="old", examples=2, sha256="f" * 64, **rule)
        session.add(release)
        session.flush()
        for position, output in enumerate(["apple", " "]):
            line = canonical({"instruction": "Name a fruit.", "input": "", "output": output})
            where = {"project_id": project.id, "release_id": release.id, "position": position}
            session.add(ReleaseItem(**where, candidate_id=1, record=line))
    assert said(tamis("export", "old", "--format", "chat", "--out", "chat.jsonl")).splitlines() == [
        "Wrote 1 examples to chat.jsonl.",
        "1 that were frozen without an output were left out: there is nothing to learn from them.",
    ]
    assert said(tamis("export", "old", "--out", "full.jsonl")) == "Wrote 2 examples to full.jsonl.\n"


ROWS = ["Name a river in Spain.", "Name a river in Spain!", "Name a lake.", "写一首关于海的诗", "写一首关于山的诗"]
SIFTED = [
    {"index": 0, "kept": True, "score": 0.0, "nearest": None},
    {"index": 1, "kept": False, "score": 1.0, "nearest": 0},
    {"index": 2, "kept": True, "score": 0.5, "nearest": 0},
    {"index": 3, "kept": True, "score": 0.0, "nearest": None},
    {"index": 4, "kept": False, "score": 0.875, "nearest": 3},
]


def _shapes_of(rows):
    """One list, a line per object, a line per text, and the last one packed; each with its file's name."""
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    yield "rows.json", json.dumps([{"instruction": row, "output": ""} for row in rows], indent=1).encode()
    yield "rows.jsonl", "".join(json.dumps({"instruction": row}) + "\n" for row in rows).encode()
    yield "texts.jsonl", lines.encode()
    yield "texts.jsonl.gz", gzip.compress(lines.encode())


@pytest.fixture
def alone(tamis):
    """``tamis`` where no database can be reached."""
    return partial(tamis, TAMIS_DATABASE_URL="sqlite:////nowhere/at/all.db")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_file_is_sifted_without_a_database(alone, tamis):
    for name, raw in _shapes_of(ROWS):
        (tamis.folder / name).write_bytes(raw)
        result = alone("screen", name, "--out", "sifted.jsonl")
        assert (result.returncode, result.stdout) == (0, "")
        assert re.fullmatch(r"5 read, 3 kept, 2 set aside, \d+\.\d s\n", result.stderr)
        lines = (tamis.folder / "sifted.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line) for line in lines] == SIFTED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_standard_input_is_sifted_as_it_is_told(alone, tamis):
    words = ("--threshold", "1", "--tokenizer", "rouge", "--exact", "--out", "sifted.jsonl")
    result = alone("screen", "-", *words, typed="".join(json.dumps(row) + "\n" for row in ROWS))
    assert result.stderr.startswith("5 read, 5 kept, 0 set aside")
    rows = [json.loads(line) for line in (tamis.folder / "sifted.jsonl").read_text().splitlines()]
    assert rows[1] == {"index": 1, "kept": True, "score": 1.0, "nearest": 0}
    assert rows[4] == {"index": 4, "kept": True, "score": 0.0, "nearest": None}


@pytest.mark.parametrize(
    ("raw", "words", "sentences"),
    [
        (b"", ["--threshold", "1.5"], [r"--threshold must be a number from 0 to 1.*"]),
        (b"", ["--threshold", "nan"], [r"--threshold must be a number from 0 to 1.*"]),
        (b"", ["--tokenizer", "words"], [r"There is no tokenizer named “words”\. .*"]),
        (
            b'"a"\n{"input": "b"}\n\n7\n',
            [],
            [r"Nothing was read: .* 2 problems\.", r"Record 2 \(line 2\): “instr.*", r"Record 3 \(line 4\): is ne.*"],
        ),
        (
            b'["a", {"instruction": 5}',
            [],
            [
                r"Nothing was read: .*",
                r"Record 2 \(line 1, column 7\): “instruction” .*",
                r"Line 1, column 25: .*missing.*",
            ],
        ),
        (gzip.compress(b'"a"\n' * 99)[:-9], [], [r"Nothing was read\. The gzip file .*"]),
    ],
    ids=["limit", "nan", "tokenizer", "rows", "list", "gzip"],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_sifted_is_said_line_by_line_and_nothing_is_written(alone, tamis, raw, words, sentences):
    (tamis.folder / "rows").write_bytes(raw)
    (tamis.folder / "out").write_text("as it was")
    lines = refused(alone("screen", "rows", "--out", "out", *words)).splitlines()
    assert len(lines) == len(sentences)
    assert all(re.fullmatch(sentence, line) for sentence, line in zip(sentences, lines, strict=True))
    assert sorted(path.name for path in tamis.folder.iterdir()) == ["out", "rows"]
    assert (tamis.folder / "out").read_text() == "as it was"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["screen", "none.json", "--out", "x"], r"none\.json can't be read: No such file or directory\."),
        (["screen", ".", "--out", "x"], r"\. can't be read: Is a directory\."),
        (["screen", "/dev/null", "--out", "/etc/hostname/x"], r".* can't be written: Not a directory\."),
        (["export", "v9", "--out", "x"], r"There is no release “v9”\. .*"),
        (["export", "v1", "--format", "csv", "--out", "x"], r"There is no format “csv”\. There is: full, .*"),
        (
            ["export", "v1", "--option", "end_marker", "--out", "x"],
            r"“end_marker” is no option: write it as NAME=VALUE\.",
        ),
        (["export", "v1", "--option", "a=b", "--out", "x"], r"The format “full” has no option “a”\. It has none\."),
        (["export", "v1", "--out", "no/such/folder/x"], r"no/such/folder/x can't be written: .*\."),
        (["export", "v1", "--out", "."], r".* can't be written: .*\."),
        (["seeds", "import", "Nuts", "x.jsonl"], r"x\.jsonl can't be read: No such file or directory\."),
        (["seeds", "import", "9" * 30, "/etc/hostname"], r"There is no project “9+”\. .*"),
        (["runs", "start", "Fruits"], r"Name one of the project's models with --endpoint\. There is: none yet.*"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else None,
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("release")
def test_a_refusal_is_one_sentence_and_leaves_no_file(tamis, words, sentence):
    before = sorted(tamis.folder.iterdir())
    assert re.fullmatch(sentence, refused(tamis(*words)))
    assert sorted(tamis.folder.iterdir()) == before


@pytest.mark.parametrize(
    "wrong",
    [
        {"TAMIS_SIGN_IN_DAYS": "soon"},
        {"TAMIS_DATABASE_URL": "nonsense"},
        {"TAMIS_DATABASE_URL": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"},
        {"TAMIS_DATABASE_URL": "sqlite:////dev/null/tamis.db"},
    ],
    ids=str,
)
def test_a_setting_that_does_not_work_is_named(sqlite_url, tmp_path, wrong):
    surroundings = {"TAMIS_DATABASE_URL": sqlite_url, "TAMIS_DATA_DIR": str(tmp_path)} | wrong
    sentence = refused(run_command("migrate", env=surroundings, cwd=Path("/")))
    assert "\n" not in sentence
    assert next(iter(wrong)) in sentence


def test_a_data_folder_is_made_where_it_is_said(tmp_path):
    result = subprocess.run(
        [TAMIS, "migrate", "--data-dir", "some/data"], check=True, capture_output=True, text=True, cwd=tmp_path, env={}
    )
    assert result.stderr == ""
    database = Database(f"sqlite:///{tmp_path / 'some' / 'data' / 'tamis.db'}")
    with database.reading() as session:
        assert session.scalars(select(Person.id)).all() == []
    database.dispose()


def test_examples_are_imported_from_a_file(database, tamis):
    with database.writing() as session:
        add_project(session, name="Seas")
    (tamis.folder / "seas.jsonl").write_text(
        '{"instruction": "Name ten zany seas.", "output": "Ten.", "id": 1}\n'
        '{"instruction": "Name ten zany seas.", "output": "Ten\\u0003."}'
    )
    done = tamis("import", "Seas", "seas.jsonl", "--screen")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2 examples imported: 1 kept, 1 filtered out.",
        "Too similar: 1.",
        "Kept with their examples as metadata: “id” (1).",
    ]
    assert "2 of 2" in done.stderr
    with database.reading() as session:
        first, second = session.scalars(select(Candidate).order_by(Candidate.id))
    assert (first.in_pool, first.metadata_) == (True, {"id": 1})
    assert (second.in_pool, second.output) == (False, "Ten\x03.")


def test_what_becomes_of_other_text_is_said_by_an_option(database, tamis):
    with database.writing() as session:
        add_project(session, name="Seas")
    (tamis.folder / "seas.csv").write_text(
        'question,answer,system,notes\n"Name a sea.",x,Be brief.,"all of five words here"\n'
    )
    refused = tamis("import", "Seas", "seas.csv")
    assert refused.returncode == 2
    assert "Record 1 (line 2): “system” holds text" in refused.stderr
    assert "--extra notes=leave-out, before-input or metadata" in refused.stderr
    assert tamis("import", "Seas", "seas.csv", "--extra", "drop").stderr.startswith(
        "“drop” is none of leave-out, before-"
    )
    done = tamis("import", "Seas", "seas.csv", "--extra", "metadata", "--extra", "system=before-input")
    assert done.stdout.splitlines() == [
        "1 example imported.",
        "Read as questions with answers: “question” as instruction, “answer” as output.",
        "Kept with their examples as metadata: “notes” (1).",
        "Put before the input: “system” (1).",
    ]
    with database.reading() as session:
        (found,) = session.scalars(select(Candidate))
    assert (found.input, found.metadata_) == ("Be brief.", {"notes": "all of five words here"})


def test_a_file_of_examples_with_problems_is_refused_by_line(database, tamis):
    with database.writing() as session:
        add_project(session, name="Seas")
    (tamis.folder / "seas.json").write_text('[{"instruction": "Name a sea.", "output": "x"},\n{"instruction": 1}]')
    done = tamis("import", "Seas", "seas.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-3:] == [
        "Nothing was imported: the file has 2 problems.",
        "Record 2 (line 2, column 1): “instruction” must be a text, not a number.",
        "Record 2 (line 2, column 1): “output” is missing.",
    ]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Candidate)) == 0


def test_an_import_that_can_not_begin_says_why(database, tamis):
    with database.writing() as session:
        add_project(session, name="Seas")
    done = tamis("import", "Seas", "none.json")
    assert (done.returncode, done.stderr) == (2, "none.json can't be read: No such file or directory.\n")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_agreement_is_measured_without_a_database(alone, tamis):
    rows = "1,Ada,yes\n1,Ben,no\n2,Ada,no\n2,Ben,no\n3,Ada,yes\n3,Ben,yes\n"
    (tamis.folder / "answers.csv").write_text("item,annotator,answer\n" + rows)
    found = json.loads(said(alone("agreement", "answers.csv", "--level", "nominal", "--json")))
    assert (found["items"], found["annotators"], found["percent_agreement"]) == (3, 2, pytest.approx(2 / 3))
    assert said(alone("agreement", "-", typed="item,annotator,answer\n" + rows)).startswith("3 items, 2 annotators, 6 ")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_that_can_not_be_taken_are_named_by_line(alone, tamis):
    (tamis.folder / "answers.csv").write_text("item,annotator,answer\n1,Ada,yes\n1,Ada,no\n")
    assert refused(alone("agreement", "answers.csv")).splitlines() == [
        "Nothing was measured: the file has 1 problem.",
        "Line 3: “Ada” answered about “1” in line 2 already.",
    ]


def test_an_import_is_listed_undone_and_told_when_it_comes_again(database, tamis):
    with database.writing() as session:
        add_project(session, name="Fruits")
    file = tamis.folder / "fruits.json"
    file.write_text(json.dumps([{"instruction": f"Name fruit {n}", "output": "Apple"} for n in range(3)]))
    assert tamis("import", "Fruits", file).returncode == 0
    again = tamis("import", "Fruits", file)
    assert (again.returncode, again.stdout) == (2, "")
    assert re.search(r"as import \d+: 3 examples\. Add --again to import it again\.", again.stderr)
    number = tamis("imports", "list", "Fruits").stdout.split("\t")[0]
    assert tamis("imports", "undo", "Fruits", number, typed="n\n").returncode != 0
    undone = tamis("imports", "undo", "Fruits", number, typed="y\n")
    assert (undone.returncode, undone.stdout.strip().splitlines()[-1]) == (0, "3 examples removed.")
    assert "This removes 3 examples, for good." in undone.stderr
    assert tamis("imports", "list", "Fruits").stdout.split("\t")[1] == "undone"
    assert tamis("import", "Fruits", file).returncode == 0
    assert tamis("import", "Fruits", file, "--again").stdout == "3 examples imported.\n"
    with database.writing() as session:
        newest = session.scalars(select(Candidate).order_by(Candidate.id.desc()).limit(1)).one()
        approve(session, newest, add_person(session, "Ada"))
    tied = tamis("imports", "undo", "Fruits", newest.import_id, "--yes")
    assert tied.returncode == 2
    assert "decided on: 1" in tied.stderr
    assert tamis("imports", "undo", "Fruits", newest.import_id, "--yes", "--others").returncode == 0


def test_a_project_is_archived_taken_out_and_deleted_by_its_name(tamis, release):
    tasks = tamis.folder / "tasks.jsonl"
    tasks.write_text(json.dumps(SEED))
    assert tamis("projects", "delete", "Fruits", "--name", "Fruits").stderr.startswith("Archive the project first")
    assert tamis("projects", "archive", "Fruits").stdout == "Archived.\n"
    assert "archived" in tamis("seeds", "import", "Fruits", tasks).stderr
    assert tamis("projects", "list").stdout == ""
    assert tamis("projects", "list", "--archived").stdout.split("\t")[1] == "archived"
    assert tamis("projects", "restore", "Fruits").returncode == 0
    assert tamis("seeds", "import", "Fruits", tasks).returncode == 0
    tamis("projects", "archive", "Fruits")
    wrong = tamis("projects", "delete", "Fruits", typed="Nuts\n")
    assert wrong.returncode == 2
    assert f"sha256 {release.sha256}" in wrong.stderr
    assert "2 examples" in wrong.stderr
    assert tamis("projects", "delete", "Fruits", typed="Fruits\n").stdout.endswith("Deleted.\n")
    assert tamis("projects", "list", "--archived").stdout == ""
    assert tamis("export", release.sha256[:12], "--out", tamis.folder / "x").returncode == 2
