"""A Django project that has the server among its apps."""
