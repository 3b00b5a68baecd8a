"""The application's graphs: imported once, opened for each run and each question about state or shape."""
