"""To be mapped by its owner."""
