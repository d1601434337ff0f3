"""Early warning (预判、预警): what is about to be more, or otherwise, than this season lets expect; and if that was right."""
