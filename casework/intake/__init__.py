"""Each channel's dialect, turned into one report in the words of the domain."""
