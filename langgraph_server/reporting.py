"""Which protocols tell their receivers of a run's end, for every process that may end one."""

from langgraph_server.gateways.a2a import pushing
from runs import reports

reports.PROTOCOLS[pushing.PROTOCOL] = pushing.report
