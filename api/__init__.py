"""The HTTP side."""
import gc

gc.set_threshold(20_000, 20, 20)  # to look through two thousand modules while they load takes a fifth of a start
