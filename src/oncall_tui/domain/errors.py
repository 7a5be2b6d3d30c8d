"""The one tree of errors that oncall-tui raises on purpose.

OncallError
├── UsageError            wrong use or config: exit 2
│   └── ConfigError       one or more faults of a config file
├── RefusedError          a rule says no, and is named: exit 3
│   ├── ConflictError     somebody else changed the record meanwhile
│   └── NotFoundError     no such record
├── StoreError            the database cannot do what was asked
│   ├── NotOursError      the file is not one of ours: never written
│   ├── TooNewError       a newer version made the file: read only
│   ├── LockedError       another process holds the database
│   └── DiskError         full, read-only or failing disk
└── RemoteError           the status page did not do what was asked: exit 4
"""

from __future__ import annotations


class OncallError(Exception):
    """The root: every message is a sentence for a person, without secrets."""

    exit_code = 1


class UsageError(OncallError):
    """Wrong use of a command, or a config that cannot be used."""

    exit_code = 2


class ConfigError(UsageError):
    """Every fault of a config at once.

    `faults` are lines of the form `file:line: key: what is wrong, what is allowed`.
    """

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults

    def __reduce__(self) -> tuple[type[ConfigError], tuple[tuple[str, ...]]]:
        return type(self), (self.faults,)


class RefusedError(OncallError):
    """A rule says no. `rule` is its stable name, for scripts."""

    exit_code = 3

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule

    def __reduce__(self) -> tuple[type[RefusedError], tuple[str, str]]:
        return type(self), (self.rule, str(self))


class ConflictError(RefusedError):
    """The record changed since it was read: nothing was overwritten."""

    def __init__(self, message: str) -> None:
        super().__init__("conflict", message)

    def __reduce__(self) -> tuple[type[ConflictError], tuple[str]]:  # type: ignore[override]
        return type(self), (str(self),)


class NotFoundError(RefusedError):
    """No record has that name or number."""

    def __init__(self, message: str) -> None:
        super().__init__("not-found", message)

    def __reduce__(self) -> tuple[type[NotFoundError], tuple[str]]:  # type: ignore[override]
        return type(self), (str(self),)


class StoreError(OncallError):
    """The database cannot do what was asked."""


class NotOursError(StoreError):
    """The file at the path is not an oncall-tui database, and stays untouched."""

    exit_code = 2


class TooNewError(StoreError):
    """A newer version wrote this file: it may be read, not changed."""


class LockedError(StoreError):
    """Another process holds the database for longer than we wait."""


class DiskError(StoreError):
    """The disk is full, read-only or failing: nothing was saved."""


class RemoteError(OncallError):
    """The status page refused, or did not answer."""

    exit_code = 4
