"""Everything a run imports, for the process that the runs of a worker are forked from."""

from tasks.run.imports import for_good

with for_good():
    import great_expectations  # noqa: F401
    import prefect.engine
    import prefect.flow_engine  # noqa: F401

    from flows.desk.deployments import FLOWS, served_flows

    SERVED = [found.name for package in FLOWS for found in served_flows(package)]
