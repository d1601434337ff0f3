"""The WeChat official account as a door: messages become a conversation, a conversation one report."""
