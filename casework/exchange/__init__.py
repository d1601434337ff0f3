"""Other systems: what their software reads of us and is told, what we ask of them; each standard in rooms of its own."""
