"""What stands around the code: wheel and sdist, the container files and the Makefile keep to what the code has."""

import os
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path

import pytest
import typer.main
import yaml

ROOT = Path(__file__).parents[1]
UV = [sys.executable, "-m", "uv"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
DATA_FOLDERS = ("templates", "static", "migrations")


def dockerfile_lines(instruction: str) -> list[str]:
    return re.findall(rf"^\s*{instruction} (.+)$", DOCKERFILE, re.MULTILINE)


def copied_paths() -> list[str]:
    copies = [line.split() for line in dockerfile_lines("COPY") if not line.startswith("--from")]
    return [source for *sources, _ in copies for source in sources]


def started_commands() -> list[list[str]]:
    """Every `tamis ...` of the Dockerfile, compose.yaml and the Makefile, as words."""
    container = [yaml.safe_load(line) for line in dockerfile_lines("CMD")]
    services = [service["command"] for service in COMPOSE["services"].values() if "command" in service]
    make = re.sub(r"\$\(if [^,]*,([^)]*)\)", r"\1", MAKEFILE)
    targets = [["tamis", *shlex.split(line)] for line in re.findall(r"\.venv/bin/tamis (.+)", make)]
    return [command for command in (*container, *services, *targets) if command[0] == "tamis"]


def settings_in(text: str) -> set[str]:
    return set(re.findall(r"\bTAMIS_[A-Z_]+\b", text))


class TestContainer:
    @pytest.mark.parametrize("path", copied_paths())
    def test_what_is_copied_exists_and_is_sent(self, path):
        assert (ROOT / path).exists()
        assert f"!{path}" in (ROOT / ".dockerignore").read_text().splitlines()

    def test_nothing_else_is_sent(self):
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        assert "*" in lines
        assert {line[1:] for line in lines if line.startswith("!")} == set(copied_paths())

    def test_what_the_wheel_is_made_of_is_copied(self):
        assert {"app", *DATA_FOLDERS, "README.md", "LICENSE"} <= set(copied_paths())

    @pytest.mark.parametrize("command", started_commands(), ids=" ".join)
    def test_commands_are_those_of_the_cli(self, command):
        cli = typer.main.get_command(import_module("app.cli").app)
        name, options = command[1], [word for word in command[2:] if word.startswith("-")]
        assert name in cli.commands
        assert set(options) <= {
            word for option in cli.commands[name].params for word in option.opts + option.secondary_opts
        }

    def test_settings_are_those_of_the_application(self):
        known = {f"TAMIS_{name.upper()}" for name in import_module("app.settings").Settings.model_fields}
        named = settings_in(DOCKERFILE) | settings_in((ROOT / "compose.yaml").read_text())
        assert named <= known

    def test_the_server_is_not_root_and_answers_for_its_health(self):
        assert dockerfile_lines("USER") == ["tamis"]
        healthcheck = DOCKERFILE.split("HEALTHCHECK")[1]
        assert "/healthz" in healthcheck
        compile(yaml.safe_load(re.search(r"CMD (\[.+\])", healthcheck).group(1))[2], "healthcheck", "exec")

    def test_a_missing_secret_is_named_before_anything_starts(self):
        for service in ("web", "worker"):
            assert COMPOSE["services"][service]["environment"]["TAMIS_SECRET_KEY"].startswith("${TAMIS_SECRET_KEY:?")

    def test_workers_and_not_the_web_server_carry_out_runs(self):
        web, worker = COMPOSE["services"]["web"], COMPOSE["services"]["worker"]
        assert web["environment"]["TAMIS_EMBEDDED_ENGINE"] == "false"
        assert web["command"][1] == "serve"
        assert worker["command"] == ["tamis", "worker"]


class TestMakefile:
    def test_each_target_says_what_it_does(self):
        phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE).group(1).split()
        told = subprocess.run(
            ["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
        assert {line.split()[1] for line in told.splitlines()} == set(phony) - {"help"}

    def test_contributors_are_told_every_target(self):
        phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE).group(1).split()
        told = (ROOT / "CONTRIBUTING.md").read_text()
        assert [target for target in phony if target != "help" and f"`make {target}" not in told] == []

    def test_scripts_it_calls_are_executable(self):
        called = set(re.findall(r"\.ci/\w+", MAKEFILE)) | {".ci/run"}
        assert [script for script in sorted(called) if not os.access(ROOT / script, os.X_OK)] == []


@pytest.fixture(scope="session")
def distributions(tmp_path_factory) -> dict[str, Path]:
    """The sdist, and the wheel that is made from it, by kind."""
    folder = tmp_path_factory.mktemp("dist")
    run(*UV, "build", "--quiet", "--out-dir", folder, ROOT)
    return {"wheel": next(folder.glob("*.whl")), "sdist": next(folder.glob("*.tar.gz"))}


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    outer = {
        name: value for name, value in os.environ.items() if not name.startswith(("TAMIS_", "VIRTUAL_ENV", "PYTHON"))
    }
    done = subprocess.run(command, cwd=cwd, env=outer, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("packaging")
class TestDistributions:
    @pytest.mark.parametrize("kind", ["wheel", "sdist"])
    def test_it_installs_into_an_empty_environment_and_runs_from_anywhere(self, distributions, tmp_path, kind):
        python, constraints = tmp_path / "venv" / "bin" / "python", tmp_path / "constraints.txt"
        run(*UV, "venv", "--quiet", "--python", sys.executable, tmp_path / "venv")
        constraints.write_text(
            run(*UV, "export", "--locked", "--no-dev", "--no-emit-project", "--no-hashes", "--quiet")
        )
        run(*UV, "pip", "install", "--quiet", "--python", python, "--constraint", constraints, distributions[kind])

        tamis = python.with_name("tamis")
        assert re.search(r"\d+\.\d+\.\d+", run(tamis, "--version", cwd=Path("/")))
        assert "demo" in run(tamis, "--help", cwd=Path("/"))

    def test_the_wheel_holds_every_file_the_application_reads(self, distributions):
        held = set(zipfile.ZipFile(distributions["wheel"]).namelist())
        read = [path for folder in DATA_FOLDERS for path in (ROOT / folder).rglob("*") if is_kept(path)]
        assert [path for path in read if f"app/{path.relative_to(ROOT)}" not in held] == []

    def test_the_sdist_holds_what_its_makefile_needs(self, distributions):
        with tarfile.open(distributions["sdist"]) as archive:
            held = {name.partition("/")[2] for name in archive.getnames()}
        assert {"Makefile", ".ci/run", "uv.lock", "LICENSE", "tests/conftest.py"} <= held


def is_kept(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts


def test_each_dependency_has_its_licence_and_its_reason_written_down():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"].values()
    asked_for = [
        *project["project"]["dependencies"],
        *(item for group in groups for item in group if isinstance(item, str)),
    ]
    names = {re.match(r"[\w-]+", requirement).group() for requirement in asked_for}
    page = (ROOT / "docs" / "decisions" / "0007-dependencies.md").read_text()
    told = set(re.findall(r"^\| ([\w-]+) \| [^|]*\w[^|]* \| [^|]*\w[^|]* \|$", page, re.MULTILINE)) - {"package"}
    assert names == told - {"hatchling", "uv"}
