"""Memory of a process that runs for long."""

import subprocess
import sys

import pytest

HEAPS = """
import ctypes, threading
from streams import memory
if {prepared}:
    memory.prepare()
C = ctypes.CDLL(None)
C.malloc.restype = ctypes.c_void_p
taken, all_at_once = [], threading.Barrier(4)

def take():
    all_at_once.wait()
    taken.append(C.malloc(ctypes.c_size_t(64)))

threads = [threading.Thread(target=take) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
maps = [line.split() for line in open("/proc/self/maps")]
heap = [tuple(int(at, 16) for at in m[0].split("-")) for m in maps if m[-1] == "[heap]"]
print(all(any(low <= at < high for low, high in heap) for at in taken))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's heaps")
@pytest.mark.parametrize("is_prepared", [True, False])
def test_threads_take_from_the_one_heap_that_there_is(*, is_prepared: bool) -> None:
    code = HEAPS.format(prepared=is_prepared)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == str(is_prepared)
