"""What of a photo the public may see: faces and number plates found, judged, destroyed, and when unsure left to a person."""
