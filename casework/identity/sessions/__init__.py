"""Proving who asks: desk log-in, PDA tokens, signed system requests, citizens' tokens; one file for each caller."""
from casework.identity.sessions.citizens import (
    MemorySender,
    NotTakenError,
    Sender,
    actor_of_tracking,
    log_in_phone,
    log_in_proved,
    prove_phone,
    send_phone_code,
    tracking_token,
)
from casework.identity.sessions.clients import (
    Client,
    actor_of_client,
    create_client,
    revoke_client,
    rotate_secret,
    signature_of,
)
from casework.identity.sessions.desk import log_in
from casework.identity.sessions.devices import (
    Device,
    actor_of_device,
    carrier,
    enrol_device,
    log_in_device,
    note_skew,
    note_wiped,
    own_device,
    rename_device,
    revoke_all,
    revoke_device,
    wipe_device,
)
from casework.identity.sessions.expiry import forget_expired
from casework.identity.sessions.tokens import Tokens, actor_of_access, end_all, log_out, refresh

__all__ = [
    "Client", "Device", "MemorySender", "NotTakenError", "Sender", "Tokens", "actor_of_access", "actor_of_client",
    "actor_of_device", "actor_of_tracking", "carrier", "create_client", "end_all", "enrol_device", "forget_expired", "log_in",
    "log_in_device", "log_in_phone", "log_in_proved", "log_out", "note_skew", "note_wiped", "own_device", "prove_phone",
    "refresh", "rename_device", "revoke_all", "revoke_client", "revoke_device", "rotate_secret", "send_phone_code",
    "signature_of", "tracking_token", "wipe_device"]
