"""What is encrypted before it reaches Postgres or Redis, by the built-in AES keys or by the application's handlers."""
