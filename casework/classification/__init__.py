"""What a message is about: by a trained model where there is one, by the names of the classes where there is none."""
