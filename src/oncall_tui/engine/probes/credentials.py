"""The tokens of probes, read where the config says and kept in memory alone."""

from __future__ import annotations

import asyncio
import base64
import os
from pathlib import Path

from oncall_tui.config.model import TokenSource
from oncall_tui.config.token import Secret, read_token
from oncall_tui.domain.errors import UsageError
from oncall_tui.domain.probe import Credential
from oncall_tui.engine.probes.faults import NotRunError


class Credentials:
    """Reads each token once, off the loop; a run that ends in between does not end the reading."""

    def __init__(self) -> None:
        self._reading: dict[Credential, asyncio.Task[Secret]] = {}

    async def read(self, credential: Credential, key: str = "probe.auth") -> Secret:
        """Returns the token, which the config names under a key. Raises NotRunError in words that do not hold it."""
        reading = self._reading.get(credential)
        if reading is None:
            reading = asyncio.get_running_loop().create_task(asyncio.to_thread(_read, credential, key))
            self._reading[credential] = reading
        try:
            return await asyncio.shield(reading)
        except UsageError as error:
            self.forget(credential)
            raise NotRunError(str(error)) from error

    def forget(self, credential: Credential) -> None:
        """Reads it anew next time: it was refused, or could not be read."""
        self._reading.pop(credential, None)


def _read(credential: Credential, key: str) -> Secret:
    file = None if credential.file is None else Path(credential.file)
    return read_token(TokenSource(credential.env, file, credential.command), os.environ, key)


def make_header(credential: Credential, secret: Secret) -> tuple[tuple[str, str], tuple[str, ...]]:
    """Returns the header that carries a token, and every text by which it could be told back."""
    token = secret.reveal()
    if credential.scheme == "basic":
        packed = base64.b64encode(token.encode()).decode()
        return (credential.header, f"Basic {packed}"), (packed, token, *filter(None, [token.partition(":")[2]]))
    value = f"Bearer {token}" if credential.scheme == "bearer" else token
    return (credential.header, value), (token,)
