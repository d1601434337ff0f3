"""Any list as a file: XLSX or CSV, written in the background by pages, within what the asker may see.

Above the edges, because lists of all topics are exported; see lists.py for the one table that says which.
"""
