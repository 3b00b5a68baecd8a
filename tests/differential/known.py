"""Differences that are meant to be, or that do not matter, and why. The first rule that fits gives the reason."""

import re
from dataclasses import dataclass

from tests.differential.comparison import ABSENT, Difference


@dataclass(frozen=True)
class Rule:
    #: Of `script/call name`, and of the path into the answer: both must match.
    where: str
    path: str
    reason: str

    def fits(self, difference: Difference) -> bool:
        name = f"{difference.script}/{difference.name}"
        return bool(re.fullmatch(self.where, name) and re.search(self.path, difference.path))


RULES = (
    Rule(
        ".*", r"^body\.(interrupts|error)$", "We tell `interrupts` and `error` from the start; the SDKs type them so."
    ),
    Rule(
        "streams/.*", r"(user_id|langgraph_request_id|langgraph_auth_user_id)$", "More facts in a message's metadata."
    ),
    Rule(
        ".*",
        r"metadata\.(langgraph_\w+|checkpoint_ns|checkpoint_id)$",
        "The engine's own keys, which its saver leaves out.",
    ),
    Rule(
        "state/.*",
        r"checkpoint\.checkpoint_ns$",
        "Always told here; the reference leaves it out on this route (dev quirk).",
    ),
    Rule("state/(copied|the whole history)", r"metadata\.thread_id$", "Told on every checkpoint here."),
    Rule("(runs|cancels|strategies)/.*", r"kwargs\.config\.", "What the reference's worker adds to the stored run."),
    Rule("stateless/.*", r"metadata\.graph_id$", "We also name the graph in a stateless run's metadata."),
    Rule(
        "copies/copy", r"^body\.(status|values|interrupts)", "A copy shows the state that it has (contract: dev quirk)."
    ),
    Rule(
        "threads/copy without a state", r"^body\.values$", "A copy shows the state that it has (contract: dev quirk)."
    ),
    Rule("copies/storage", r"channel_values", "Scalars are kept inside the checkpoint, so there are fewer versions."),
    Rule("time_travel/forked thread", ".*", "The reference does not refresh the thread's values after a fork; we do."),
    Rule("time_travel/(unknown|history)", ".*", "An unknown checkpoint is an empty state; the reference fails in it."),
    Rule("interrupts/(left|thread after left)", r"log", "We tell what the answered task wrote, as `/state` does."),
    Rule(
        "runs/(wait|stream, resumable)", r"count$", "Deleting a run leaves its checkpoints; the reference forgets them."
    ),
    Rule("runs/join.* unknown", r"^headers\.", "No location for a run that does not exist."),
    Rule("threads/wrong method|state/patch", r"allow$", "The whole list of allowed methods."),
    Rule("threads/trailing slash", ".*", "OPEN: the contract asks for a redirect."),
    Rule(".*", r"^body\.detail$", "The wording of a refusal; status and shape are the same."),
    Rule("cancels/.*", r"^body\.error\.", "The wording of a reason."),
)


def reason(difference: Difference) -> str | None:
    """None: nobody has explained it yet."""
    for rule in RULES:
        if rule.fits(difference):
            return rule.reason
    only_ours = difference.theirs == ABSENT and difference.path.startswith("headers.")
    return "A header more." if only_ours else None
