"""What consent's decisions cost: how many a second of CPU, a person decided again, an open page emptied.

500 rules, 50 agreements. Its last line is one JSON object. Run: ``make bench-consent``.
"""

import argparse
import json

from bench.consent import redecide, speed, withdrawals
from streams import memory


def main() -> None:
    """Run, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=1_000, help="whose events are decided")
    parser.add_argument("--rounds", type=int, default=5, help="of which the fastest counts")
    parser.add_argument("--persons", type=int, default=20, help="decided again, each with 1,000 events")
    parser.add_argument("--withdrawals", type=int, default=200, help="on the real stack; 0: none")
    asked = parser.parse_args()
    memory.prepare()  # as workers do
    found = speed.figures(asked.people, asked.rounds)
    found |= redecide.figures(asked.persons, 1_000)
    if asked.withdrawals:
        found |= withdrawals.figures(asked.withdrawals)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
