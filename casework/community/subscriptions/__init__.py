"""What people follow: making and ending it, and what is new of it."""
from casework.community.subscriptions.following import Kind, Wish, end, follow, listed
from casework.community.subscriptions.holders import Holder, of_caller, of_link

__all__ = ["Holder", "Kind", "Wish", "end", "follow", "listed", "of_caller", "of_link"]
