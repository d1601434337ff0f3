"""Who is told what when something happens: rules in one table, messages as rows, senders at the edge."""
