"""Data of one thread or one owner: taken out as a file, brought in again, or erased."""
