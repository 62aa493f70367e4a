#!/bin/sh
# Makes .venv from a hash-locked requirements file, and fetches Kafka's jars. Called by `make setup`.
# A half-made environment is made anew; every failure is one line with the remedy.
set -eu
lock=$1
fail() { echo "setup: $1" >&2; exit 2; }

[ -n "${PYTHON:-}" ] || fail "no Python 3.11, 3.12 or 3.13 found: install one, or make setup PYTHON=/path/to/it"
version=$("$PYTHON" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || fail "$PYTHON does not run"
case $version in
  3.11 | 3.12 | 3.13) ;;
  *) fail "$PYTHON is Python $version; 3.11, 3.12 or 3.13 is needed: make setup PYTHON=/path/to/python3.13" ;;
esac
free=$(df -Pk . | awk 'NR==2 {print int($4 / 1024)}')
[ "$free" -ge 3000 ] || fail "only $free MB of disk are free here; 3000 MB are needed"

if [ -d .venv ] && [ ! -e .venv/.ready ]; then
  echo "setup: .venv is half made; making it anew"
  rm -rf .venv
fi
if [ ! -x .venv/bin/python ]; then
  echo "setup: making .venv with Python $version"
  "$PYTHON" -m venv .venv || fail "no venv: on Debian, apt-get install python3-venv"
fi
echo "setup: installing the packages of $lock (about 250 MB the first time)"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" >.venv/pip.log 2>&1 || {
  grep -qiE 'no space left' .venv/pip.log && fail "the disk is full; free 3 GB and run make again"
  grep -qiE 'do not match the hashes' .venv/pip.log && fail "a package is not the one that the lock names; see .venv/pip.log"
  grep -qiE 'connection|resolve|timed out|retries|no matching distribution' .venv/pip.log &&
    fail "the package registry cannot be reached; check the network or your proxy (PIP_INDEX_URL), then run make again"
  fail "pip failed: $(tail -n 1 .venv/pip.log)"
}
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable . \
  >>.venv/pip.log 2>&1 || fail "throughline itself was not installed: $(tail -n 1 .venv/pip.log)"
echo "setup: fetching Kafka's jars (45 MB the first time)"
PYTHONSAFEPATH=1 .venv/bin/throughline prepare
