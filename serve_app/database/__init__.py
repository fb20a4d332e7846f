"""Accounts, products and trainings in SQL: SQLite by default, MySQL or MariaDB by URL."""
