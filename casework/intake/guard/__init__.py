"""Guards of the doors that are open to everybody: how much one sender may send, who is on the list, and what was abuse.

Staff, the hotline and grid workers are not limited by any of this.
"""
from casework.intake.guard.doors import admit, check, held, known_as, note, turn_away, upload
from casework.intake.guard.sender import Sender

__all__ = ["Sender", "admit", "check", "held", "known_as", "note", "turn_away", "upload"]
