"""What runs beside the web server."""
import gc

gc.set_threshold(20_000, 20, 20)  # as in api: most of what is made while a process starts stays to its end
