"""What the worst messages cost: each of `BOMBS` at 25 MB, read by a process of its own.

`python tests/benchmarks/safe_view.py [MEGABYTES]` prints, the slowest first, the processor seconds of `safe_view.read`
and the memory it takes beside the message. Goal: one second, and 60 MB.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from quarantine import safe_view
from tests.quarantine.hostile_messages import BOMBS, message

MEGABYTES = 25


def peak() -> int:
    """The most memory this process has held, in kB."""
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1])


def measure(name: str, size: int) -> tuple[float, int, str]:
    safe_view.read(message("warm"))
    raw = BOMBS[name](size)
    # The peak of building the message would hide what reading takes.
    Path("/proc/self/clear_refs").write_text("5")
    before, begun = peak(), time.process_time()
    safe_view.read(raw)
    return time.process_time() - begun, (peak() - before) // 1024, name


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else MEGABYTES
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        found = pool.starmap(measure, [(name, megabytes * 1_000_000) for name in BOMBS], chunksize=1)
    print(f"{megabytes} MB each: seconds, MB taken beside the message")
    for seconds, taken, name in sorted(found, reverse=True):
        print(f"{seconds:6.2f} {taken:5d}  {name}")


if __name__ == "__main__":
    main()
