"""`python -m casework.cli` is `zhiwang`."""
from casework.cli import main

main()
