"""The launcher of `make up`: databases, broker, subgraphs, workers and router of one checkout.

`stack.py` reads as the order in which things start; `postgres.py` and `nats.py` are the embedded
servers, which the tests use as well.
"""
