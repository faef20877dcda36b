"""A discrete-event simulation of many machines: callers, web processes, PostgreSQL, workers, S3.

Every cost in it is measured (`costs.py` reads the record), every choice of an operator is in
`design.py`. Read `fleet.py` first: it is the life of a job.
"""
