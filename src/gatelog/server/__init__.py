"""Composition root: the processes of gatelog, and what each is made of.

ports.py         claims the listeners' addresses, or says who cannot have them
data_folder.py   the data folder: made, checked, locked to one gatelog, with the administration key in it
supervise.py     starts the child processes, restarts them when they die, stops them in reverse
lifeline.py      a child's side of that: says that it is ready, stops when its parent is gone
workspace.py     the workspace process: store, ingest, query and management APIs, portal
gateway.py       one gateway worker process
demo.py          `gatelog demo`: simulator, first configuration, a little traffic
"""
