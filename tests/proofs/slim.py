"""A partner's slim install: a fresh environment with requirements-partner.lock and our wheel publishes and verifies.

Prints one JSON object as its last line; exits 1 where a step fails.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support.brokers import fresh_broker
from support.commands import environment
from support.pages import ROOT

from deploy.agreements_folder import load_agreements
from deploy.commands.topics import activate_agreements, create_topics
from streams.settings import Settings

EXPECTED = {
    "published": 1,
    "left_out": True,
    "refused": True,
    "tried": 8,
    "failed": 0,
    "no_broker": True,
    "receipts": [],
}
LEFT_OUT = ("duckdb", "faust", "fastapi", "rocksdict")
FILE = "source_record_id,subject_token,aid_year\na1,t1,2025-2026\n"
IMPORTS = "from importlib.util import find_spec; from partners import Publisher; print(*filter(find_spec, {}))"


def main() -> int:
    """Run; the exit code."""
    with tempfile.TemporaryDirectory(prefix="throughline-slim-") as name, fresh_broker(Path(name) / "kafka") as address:
        folder = Path(name)
        chosen = Settings(bootstrap=address, data_dir=folder / "data")
        create_topics(address, chosen)
        activate_agreements(address, load_agreements(chosen.agreements))
        python, env = installed(folder), environment(folder / "data", THROUGHLINE_BOOTSTRAP=address)
        env.pop("PYTHONPATH", None)
        (folder / "aid.csv").write_text(FILE, encoding="utf-8")

        def run(*words: str) -> str:
            done = subprocess.run(
                [python, *words], cwd=folder, env=env, capture_output=True, text=True, timeout=60, check=False
            )
            return done.stdout + done.stderr

        there = run("-c", IMPORTS.format(LEFT_OUT)).split()
        words = ("aid.csv", "--partner", "csac", "--family", "aid", "--as-of", "2025-09-01", "--json")
        said = json.loads(run("-m", "deploy", "publish", *words).splitlines()[-1])
        asked = run("-m", "deploy", "partner", "receipts", "--partner", "csac", "--json")
        refused = run("-m", "deploy", "serve")
        run("-m", "deploy", "partner", "new", "csac", "--family", "aid")
        tried = json.loads(run("-m", "deploy", "partner", "verify", "csac", "--json").splitlines()[-1])
        env.pop("THROUGHLINE_BOOTSTRAP")
        alone = run("-m", "deploy", "partner", "verify", "csac")
        listed = run("-m", "deploy", "--help")
    document = {
        "published": said["published"], "left_out": there == [], "refused": "slim install" in refused,
        "tried": tried["ok"], "failed": tried["failed"], "no_broker": "with --bootstrap" in alone,
        "receipts": json.loads(asked.splitlines()[-1])["receipts"],
    }  # fmt: skip
    sys.stdout.write(json.dumps(document) + "\n")
    return 0 if document == EXPECTED and "publish" in listed else 1


def installed(folder: Path) -> str:
    """Python of a fresh environment."""
    place = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [place / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements-partner.lock"], check=True, timeout=400)
    shutil.copytree(ROOT, folder / "source", ignore=shutil.ignore_patterns(".*", "tests", "docs", "build"))
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", folder / "source"], check=True, timeout=200)
    return str(place / "bin" / "python")


if __name__ == "__main__":
    sys.exit(main())
