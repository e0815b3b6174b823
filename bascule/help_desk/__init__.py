"""Un agent, for the help desk: find a person, see all but contents, act in the person's place and say so.

visits: who opened whose page. search: people found among a million. person, work: what the page shows. notes: support
notes. consents: looking into files, by leave of their owner. acts: what may be done in somebody's place.
"""
