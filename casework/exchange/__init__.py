"""What we ask of other systems, and what they are told: each protocol in a folder of its own."""
