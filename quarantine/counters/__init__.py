"""The store of the sending limits: who has sent to how many, and may this message pass. Nothing else knows Redis.

    types.py        what is asked and answered
    store.py        one call at a time (redis-py): pages, tasks, tests
    door.py         for a gateway: many questions at once over one connection, in asyncio
    addresses.py    where the store is, from a URL
    connection.py   one connection in asyncio; resp.py: its commands and replies in bytes
    wire.py         arguments and answers of the scripts in bytes
    witness.py      a gateway's steady clock beside the store's
    *.lua           the decision itself, one atomic step inside the store

All keys share one slot of a cluster (hash tag), so that a script may touch them together.
"""
