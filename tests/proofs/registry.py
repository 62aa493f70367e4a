"""The catalog in a real Apicurio registry: put there twice, and found there by Confluent's own client under our ids.

Run by ``make test-registry``; the first time it downloads the registry (159 MB).
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import orjson
from support.apicurio import apicurio
from support.commands import throughline
from support.registry_clients import FOUND, found_by_client

from schemas_avro import catalog


def main() -> int:
    """Print what was found as one JSON object; exit code 1 where it is not what it must be."""
    with tempfile.TemporaryDirectory() as name, apicurio(Path(name) / "registry.log") as url:
        begun, folder = time.monotonic(), Path(name) / "data"
        would, first, second = (_register(folder, url, *words) for words in (("--dry-run",), (), ()))
        found = found_by_client(url)
        refused = _refused(url)
        told = {
            "would": would["new"], "new": first["new"], "again": second["new"], "there": second["there"],
            "differs": first["differs"] + second["differs"], "client": "ok" if found == FOUND else found,
            "incompatible_refused": refused, "seconds": round(time.monotonic() - begun, 1),
        }  # fmt: skip
    sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS) + b"\n")
    good = would["new"] == first["new"] == second["there"] > 100 and not second["new"] + told["differs"]
    return 0 if good and refused and found == FOUND else 1


def _register(folder: Path, url: str, *words: str) -> Any:
    done = throughline(folder, "schemas", "register", "--registry", url, "--json", *words)
    sys.stderr.write(done.stderr)
    return orjson.loads(done.stdout)


def _refused(url: str) -> bool:
    """Whether the registry itself refuses a version that older readers could not read."""
    schema = orjson.loads(catalog.catalog()[115].text)
    schema["fields"][1]["type"]["fields"].pop(0)
    text = orjson.dumps(schema).decode()
    answer = httpx.post(f"{url}/subjects/partner.csac.aid-value/versions", json={"schema": text}, timeout=30)
    return answer.status_code == httpx.codes.CONFLICT


if __name__ == "__main__":
    sys.exit(main())
