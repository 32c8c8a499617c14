"""What leaves the program, and what comes back: tables, pages, animations, vectors, whole run folders."""
