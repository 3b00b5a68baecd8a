from langgraph_server.errors import Conflict, Invalid


class KeptElsewhere(Invalid):
    code = "kept_elsewhere"
    message = "checkpoints are kept by the application's own checkpointer (checkpointer.path): ask that for them"


class NotAnExport(Invalid):
    code = "not_an_export"
    message = "this file cannot be imported: {reason}"


class AlreadyThere(Conflict):
    code = "already_there"
    message = "nothing was imported: {reason}"
