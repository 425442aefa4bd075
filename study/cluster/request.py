"""Where the runs of a study are run, as the user asked for it."""

import re
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.errors import HvlabError
from core.paths import PROJECT
from lab.settings import Settings

_WORKER = re.compile(
    r"ssh://(?:(?P<user>[\w.-]+)@)?(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])(?::(?P<port>\d+))?(?P<path>/.*)?"
)
_SCHEDULER = re.compile(r"(tcp|tls|ws|wss)://[^\s/]+:\d+")


@dataclass(frozen=True)
class ClusterRequest:
    """What the user asked for; at most one of them, and none: one run after the other, here.

    Attributes:
        jobs: Labs at once on this machine.
        scheduler: Address of a scheduler that is there.
        workers: `ssh://user@host:port/folder,...`: machines on which Dask is started.
        cluster: File that describes a batch system; see docs/how-to/clusters.md.
    """

    jobs: int = 0
    scheduler: str = ""
    workers: str = ""
    cluster: str = ""

    @property
    def asked(self) -> bool:
        """Whether a cluster is to be used."""
        return any(getattr(self, each.name) for each in fields(self))

    def check(self, settings: Settings) -> None:
        """Check what can be checked without a cluster.

        Raises:
            HvlabError: An option is invalid, two exclude each other (code `bad-option`), or the lab host is not the
                nested one (`cluster-needs-nested`).
        """
        named = [f"--{each.name}" for each in fields(self) if getattr(self, each.name)]
        if len(named) > 1:
            raise HvlabError(f"{' and '.join(named)} exclude each other", "name one of them", code="bad-option")
        if self.jobs < 0:
            raise HvlabError(f"--jobs={self.jobs} runs nothing", "1 or more", code="bad-option")
        if self.scheduler and not _SCHEDULER.fullmatch(self.scheduler):
            raise HvlabError(
                f"--scheduler={self.scheduler} is no address", "for example tcp://host:8786", code="bad-option"
            )
        if settings.lab_host.host != "nested":
            raise HvlabError(
                f"runs on a cluster need the nested lab host, this one is {settings.lab_host.host}",
                "omit --host, or run them one after the other",
                code="cluster-needs-nested",
            )


@dataclass(frozen=True)
class SshWorker:
    """A machine on which Dask is started over SSH.

    Attributes:
        host: Its name or address.
        user: Empty: as ssh's configuration says.
        port: 0: as ssh's configuration says.
        folder: The work tree there.
    """

    host: str
    user: str
    port: int
    folder: str

    def options(self) -> dict[str, Any]:
        """Return the options for asyncssh."""
        return ({"username": self.user} if self.user else {}) | ({"port": self.port} if self.port else {})


def parse_workers(text: str) -> list[SshWorker]:
    """Read `ssh://user@host:port/folder,...`; without a folder it is the one that this work tree has here.

    Raises:
        HvlabError: A part is not of that form.
    """
    found = []
    for part in text.split(","):
        match = _WORKER.fullmatch(part.strip())
        if match is None:
            raise HvlabError(
                f"--workers: {part!r} is no machine", "for example ssh://root@host,ssh://other:2222", code="bad-option"
            )
        folder = match["path"] or str(PROJECT)
        found.append(SshWorker(match["host"].strip("[]"), match["user"] or "", int(match["port"] or 0), folder))
    return found


class BatchFile(BaseModel):
    """The file of `--cluster`.

    Attributes:
        kind: Class of dask-jobqueue, `SLURMCluster` for example.
        workers: How many jobs are submitted; each is a worker with one lab host.
        options: Keywords of that class.
    """

    model_config = ConfigDict(extra="forbid")

    kind: str = Field(pattern=r"^[A-Z][A-Za-z]+Cluster$")
    workers: int = Field(ge=1)
    options: dict[str, Any] = {}


def read_batch_file(path: Path) -> BatchFile:
    """Read the file of `--cluster`.

    Raises:
        HvlabError: It cannot be read, or has something else in it (code `bad-cluster-file`).
    """
    try:
        return BatchFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        why = str(error.strerror)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        why = f"not valid TOML: {error}"
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise HvlabError(f"{path}: {why}", "docs/how-to/clusters.md has an example", code="bad-cluster-file")
