"""The commands: one module each, with `register(subparsers)`; `main.py` lists them."""
