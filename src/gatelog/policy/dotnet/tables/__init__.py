"""The whitelist by family: rows of C# signatures and the Python that does them."""
