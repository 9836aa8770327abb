"""API keys at rest."""

import stat
import subprocess
import sys

import pytest
from cryptography.fernet import Fernet

from app.errors import AppError
from app.llm.secrets import KEY_FILE, Vault, open_vault
from app.settings import Settings
from tests.racing import race


def vault_in(folder, **settings):
    return open_vault(Settings(data_dir=folder, **settings))


@pytest.mark.parametrize("api_key", ["sk-0123", "", "k" * 10_000])
def test_a_sealed_key_opens_again(tmp_path, api_key):
    vault = vault_in(tmp_path)
    sealed = vault.seal(api_key)
    assert vault_in(tmp_path).open(sealed) == api_key
    assert sealed != vault.seal(api_key)
    assert b"sk-0123" not in sealed


def test_the_key_file_is_made_once_for_its_owner_alone(tmp_path):
    folder = tmp_path / "not" / "there"
    vault_in(folder)
    key = (folder / KEY_FILE).read_bytes()
    assert stat.S_IMODE((folder / KEY_FILE).stat().st_mode) == 0o600
    vault_in(folder)
    assert (folder / KEY_FILE).read_bytes() == key


def test_the_key_of_the_environment_comes_first_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TAMIS_SECRET_KEY", Fernet.generate_key().decode())
    sealed = vault_in(tmp_path).seal("sk-0123")
    assert list(tmp_path.iterdir()) == []
    assert vault_in(tmp_path).open(sealed) == "sk-0123"


def test_an_empty_key_in_the_environment_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("TAMIS_SECRET_KEY", "")
    vault_in(tmp_path)
    assert (tmp_path / KEY_FILE).exists()


def test_what_another_instance_sealed_is_refused_with_what_to_do(tmp_path):
    for sealed in (Vault(Fernet.generate_key()).seal("sk-0123"), b"", b"not a token"):
        with pytest.raises(AppError) as refused:
            vault_in(tmp_path).open(sealed)
        assert refused.value.sentence == (
            "The stored API key was encrypted with another instance's key. Enter the API key again."
        )


@pytest.mark.parametrize("key", ["short", "é" * 32, "A" * 42])
def test_a_key_of_the_wrong_shape_is_refused_with_how_to_get_one(tmp_path, key):
    with pytest.raises(AppError, match="`tamis secret-key` prints one"):
        vault_in(tmp_path, secret_key=key)


def test_a_key_file_that_was_cut_short_is_refused(tmp_path):
    (tmp_path / KEY_FILE).write_bytes(b"")
    with pytest.raises(AppError):
        vault_in(tmp_path)


def test_whoever_starts_at_the_same_moment_reads_the_same_key(tmp_path):
    for turn in range(20):
        vaults = race(*[lambda turn=turn: vault_in(tmp_path / str(turn))] * 8)
        sealed = vaults[0].seal("sk-0123")
        assert [vault.open(sealed) for vault in vaults] == ["sk-0123"] * 8


def test_processes_that_start_at_the_same_moment_read_the_same_key(tmp_path):
    program = (
        "import sys; from pathlib import Path\n"
        "from app.llm.secrets import open_vault; from app.settings import Settings\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(open_vault(Settings(data_dir=Path(sys.argv[1]))).seal('sk-0123').decode())"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(3)]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    sealed = [process.communicate(timeout=30)[0].strip() for process in processes]
    vault = vault_in(tmp_path)
    assert [vault.open(each.encode()) for each in sealed] == ["sk-0123"] * 3
