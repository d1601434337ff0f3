"""What grid workers do outside: tasks, rounds, collection forms, and the changes of a PDA that was offline."""
