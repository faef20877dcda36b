"""Compare what we read with what files show, and print the table.

python -m tests.imaging.corpus [FOLDER]     keeps the files in FOLDER, by name
"""

import sys
import time
from collections import Counter, defaultdict
from pathlib import Path

from tests.imaging.corpus.files import corpus
from tests.imaging.corpus.verdicts import verdict


def main() -> int:
    started, table, wrong = time.perf_counter(), defaultdict(Counter), []
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    for number, file in enumerate(corpus()):
        outcome = verdict(file)
        table[file.format][outcome if outcome.startswith("refused") else outcome.split(":")[0]] += 1
        if outcome != "right" and not outcome.startswith("refused"):
            wrong.append(f"{file.name}: {outcome}")
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{number:04} {file.name.replace('/', '-')}").write_bytes(file.data)
    print(f"{'format':10} {'files':>6} {'right':>6} {'differing':>10}  refused")
    for name, counts in table.items():
        refused = ", ".join(f"{n} {what[9:]}" for what, n in counts.items() if "efused" in what)
        total, differing = sum(counts.values()), counts["DIFFERS"] + counts["NOT refused"]
        print(f"{name:10} {total:6} {counts['right']:6} {differing:10}  {refused}")
    total = sum(sum(counts.values()) for counts in table.values())
    print(
        f"{total} files in {time.perf_counter() - started:.1f} s; wrong: {len(wrong)}",
        *wrong,
        sep="\n",
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
