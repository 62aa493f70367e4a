"""A stack of which each process runs a version of its own, over a broker and case views in PostgreSQL."""

import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from deploy import processes
from deploy.scrape import see
from deploy.stack import SERVE, Stack
from portal.sign_in import make_sign_in_link
from streams import clients
from streams.errors import ThroughlineError
from streams.keyring import read_or_make_secret
from streams.shared_sink import GROUP
from support.upgrade.versions import Version
from support.waits import shares_of

WAIT_SECONDS = 150.0
SINK = "sink"
GAPS = "throughline_gap_records_total"


@dataclass
class Mixed(Stack):
    """As a stack, but that it is told who runs what; portals beside the first have data directories of their own."""

    runs: dict[str, Version] = field(default_factory=dict)
    """By process."""
    dsns: dict[str, str] = field(default_factory=dict, repr=False)
    """Of the views, by who logs in: sink and serve."""
    gap_records: int = 0
    """Missing records of which processes told before they ended."""

    def begin(self, role: str, log: Path) -> processes.Started:
        """Begin a process of a role with the code of its version."""
        kind, _, instance = role.partition("-")
        words = [SERVE] if kind == SERVE else ["worker", kind]
        env = self.environment() | self.runs[role].environment()
        env |= {"THROUGHLINE_VIEWS_DSN": self.dsns[kind]} if kind in self.dsns else {}
        env |= {"THROUGHLINE_INSTANCE": instance} if instance and kind != SERVE else {}
        if role != SERVE and kind == SERVE:
            env |= {"THROUGHLINE_DATA_DIR": str(self._beside(role)), "THROUGHLINE_USERS_FILE": str(self.settings.users)}
        return processes.start(role, [sys.executable, "-m", "deploy", *words], env, log, record=self._record)

    def _beside(self, role: str) -> Path:
        """The data directory of a further portal, which signs as the first does."""
        folder = self.data_dir.with_name(role)
        shutil.copytree(self.data_dir / "secrets", folder / "secrets", dirs_exist_ok=True)
        return folder

    def command(self, version: Version, *words: str, **settings: str) -> str:
        """What a command of a version says over the data of this stack.

        Raises:
            AssertionError: it fails.
        """
        env = {**self.environment(), "THROUGHLINE_BOOTSTRAP": str(self.settings.bootstrap), **version.environment()}
        env |= settings
        argv = [sys.executable, "-m", "deploy", *words]
        done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            raise AssertionError(f"{version.name}: {' '.join(words)}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def run(self, name: str, version: Version) -> None:
        """Start a process of a version, and wait until it is up."""
        self.runs[name] = version
        self.start(name)
        if name.partition("-")[0] == SERVE:
            self.wait(lambda: self.address(name) is not None, f"{name} answers")
        else:
            self.wait(lambda: see(name, self.data_dir).is_up, f"{name} is up")

    def look_for_gaps(self, role: str) -> None:
        """What a process that runs tells of missing records."""
        self.gap_records += int(see(role, self.data_dir).total(GAPS))

    def end(self, name: str, *, kill: bool = False) -> None:
        """End a process, in order or with kill -9."""
        self.look_for_gaps(name)
        if kill:
            self.kill(name)
            self.running.pop(name)
        else:
            self.stop(name)

    def replace(self, name: str, version: Version) -> None:
        """A process in order out, and the same of another version in."""
        self.end(name)
        self.run(name, version)

    def wait_level(self, name: str) -> None:
        """Until one that stands by has all that is committed."""
        self.wait(lambda: bool(see(name, self.data_dir).highest("throughline_standby_level")), f"{name} is level")

    def wait_acting(self, name: str) -> None:
        """Until one acts."""
        self.wait(lambda: bool(see(name, self.data_dir).highest("throughline_acting")), f"{name} acts")

    def wait_shares(self, *names: str) -> None:
        """Until just these sinks have partitions, each of them some."""
        self.wait(lambda: shares(self.bootstrap).keys() == set(names), f"{', '.join(names)} share the partitions")

    def wait(self, is_so: Callable[[], bool], what: str, *, looking: bool = True) -> None:
        """Wait for something, looking whether all processes go on meanwhile.

        Raises:
            ThroughlineError: it does not come, or a process ends.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while not is_so():
            if looking:
                self.check()
            if time.monotonic() > deadline:
                raise ThroughlineError(f"waited in vain until {what}")
            time.sleep(0.1)

    def address(self, name: str) -> str | None:
        """Of a portal, once it answers."""
        noted = (self.data_dir if name == SERVE else self.data_dir.with_name(name)) / "portal"
        if not noted.exists():
            return None
        address = noted.read_text(encoding="ascii")
        try:
            return address if httpx.get(f"{address}/health", timeout=2, trust_env=False).is_success else None
        except httpx.HTTPError:
            return None

    def caseload(self, name: str, user: str) -> object:
        """What a portal shows a user."""
        address = self.address(name)
        if address is None:
            raise ThroughlineError(f"{name} does not answer")
        key = read_or_make_secret(self.data_dir / "secrets" / "portal.key").hex()
        token = make_sign_in_link(address, key, user).partition("token=")[2]
        own = {"sec-fetch-site": "same-origin"}
        with httpx.Client(base_url=address, headers=own, trust_env=False, timeout=30) as client:
            client.post("/sign-in", data={"token": token})
            return client.get("/api/caseload").raise_for_status().json()


def shares(bootstrap: str) -> Counter[str]:
    """How many partitions sinks have, by name."""
    admin = clients.admin(bootstrap)  # held until it has answered
    return shares_of(admin, GROUP, lambda member: str(member.client_id))
