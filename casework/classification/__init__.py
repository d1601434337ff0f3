"""What a message is about: a trained model where there is one, the names of the classes where there is none, or nobody knows."""
