"""What is kept how long, and what becomes of it: rules, what one person may ask for, and a record of what was done."""
