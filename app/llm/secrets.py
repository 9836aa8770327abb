"""API keys at rest: sealed with the instance's key, opened only where a call is made."""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from filelock import FileLock

from app.errors import AppError
from app.settings import Settings

KEY_FILE = "secret.key"


class Vault:
    """Seals and opens API keys with the instance's key.

    ``reaches_private`` goes with every key that is opened: whether calls may go to private addresses.
    """

    def __init__(self, key: bytes, *, reaches_private: bool = False) -> None:
        self.reaches_private = reaches_private
        try:
            self._fernet = Fernet(key)
        except ValueError as error:
            raise AppError(
                "TAMIS_SECRET_KEY must be 32 random bytes in URL-safe base64; `tamis secret-key` prints one."
            ) from error

    def seal(self, api_key: str) -> bytes:
        """Return ``api_key`` encrypted."""
        return self._fernet.encrypt(api_key.encode())

    def open(self, sealed: bytes) -> str:
        """Return the API key, or raise AppError where it was sealed with another instance's key."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise AppError(
                "The stored API key was encrypted with another instance's key. Enter the API key again."
            ) from error


def open_vault(settings: Settings) -> Vault:
    """Return the instance's vault. Its key is TAMIS_SECRET_KEY, else a file made once in the data folder."""
    given = settings.secret_key
    key = given.get_secret_value().encode() if given else _key_in(settings.data_dir / KEY_FILE)
    return Vault(key, reaches_private=settings.reaches_private)


def _key_in(path: Path) -> bytes:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Made by whoever comes first; a second process then reads the same key, and never half of one.
    with FileLock(path.with_suffix(".lock")):
        if not path.exists():
            _write_key(path)
        return path.read_bytes().strip()


def _write_key(path: Path) -> None:
    new = path.with_suffix(".new")
    new.unlink(missing_ok=True)  # left by a process that was stopped here
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(Fernet.generate_key())
    new.replace(path)
