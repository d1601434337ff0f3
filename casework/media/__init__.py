"""Photos: taken in at the door, looked into in a process of their own, shown by links that expire."""
from casework.media.awaited import Named
from casework.media.formats import Kind
from casework.media.links import Rendition, sign
from casework.media.photo import (
    Original,
    Photo,
    Picture,
    Purpose,
    State,
    attach,
    check_in,
    claim,
    claim_for_check_in,
    delete_unclaimed,
    keep,
    of_case,
    of_reports,
    upload_token,
    view,
)

__all__ = ["Kind", "Named", "Original", "Photo", "Picture", "Purpose", "Rendition", "State", "attach", "check_in", "claim",
           "claim_for_check_in", "delete_unclaimed", "keep", "of_case", "of_reports", "sign", "upload_token", "view"]
