"""12345: tickets as the platform pushes them, as an operator writes them down, and as exports hand them over in tables."""
from casework.intake.hotline.tickets import Answer, Ticket, Updated, take_over

__all__ = ["Answer", "Ticket", "Updated", "take_over"]
