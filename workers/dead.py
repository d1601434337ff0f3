"""Batches that were given up: `python -m workers.dead` counts them by queue, `python -m workers.dead revive` tries each
once more, after the fault was mended. Not a command of `zhiwang`, because only this package knows the queue.
"""
import sys

from workers import queues
from workers.job import start

USAGE = "python -m workers.dead [list|revive]"


def main(arguments: list[str]) -> str:
    """What there was, or how many are tried again, in words. Raises SystemExit for anything else that is asked."""
    match arguments:
        case [] | ["list"]:
            found = {name: count for name, count in queues.dead().items() if count}
            return "\n".join(f"{name}  {count}" for name, count in found.items()) or "none"
        case ["revive"]:
            return f"{queues.revive()} batches are tried again"
        case _:
            raise SystemExit(USAGE)


if __name__ == "__main__":
    start("dead")
    sys.stdout.write(main(sys.argv[1:]) + "\n")
