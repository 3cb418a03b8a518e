"""Composition root: the processes of gatelog, and what each is made of.

serve.py         `gatelog serve`: checks what can be checked, then starts the tree
ports.py         claims the listeners' addresses, or says who cannot have them
data_folder.py   the data folder: made, checked, locked to one gatelog, with the administration key in it
tls.py           the listeners' certificate
supervise.py     starts the child processes, restarts them when they die, stops them in reverse
lifeline.py      a child's side of that: says that it is ready, stops when its parent is gone
workspace.py     the workspace process: store, ingest, deliveries, metrics; faces.py its HTTP faces, folder.py its --config
gateway.py       one gateway worker process
catalog.py       opens the catalog of a data folder; identity.py its issuer
demo.py          `gatelog demo`: simulator.py, a first configuration, a little traffic
doctor.py        what `gatelog doctor` looks at
"""
