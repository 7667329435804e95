"""PostgreSQL: the embedded server, its migrations, and how we connect to it or to one of yours."""
