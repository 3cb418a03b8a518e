"""The APIM policy language. Pure: statements yield effects (`effects.py`), a driver performs them."""
