"""What the parameters of a graph factory ask for, read once at start."""

import inspect
import types
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union, get_args, get_origin

from langchain_core.runnables import RunnableConfig
from langgraph_sdk.runtime import ServerRuntime, _ExecutionRuntime, _ReadRuntime

from langgraph_server.errors import ConfigurationError

Argument = Literal["config", "runtime"]

RUNTIMES = (ServerRuntime, _ExecutionRuntime, _ReadRuntime)
CONFIGS = (RunnableConfig, dict, Mapping, Any)


@dataclass(frozen=True)
class Parameters:
    signature: inspect.Signature
    #: What each parameter that we fill is given.
    arguments: Mapping[str, Argument]
    #: `C` of a parameter annotated `ServerRuntime[C]`.
    context_schema: object = None


def parameters_of(factory: Callable[..., Any]) -> Parameters:
    signature = signature_of(factory)
    arguments = arguments_of(signature)
    if arguments is None:
        name = getattr(factory, "__name__", repr(factory))
        raise ConfigurationError(
            f"Graph factory {name}{signature} can only accept arguments of type ServerRuntime and/or RunnableConfig"
        )
    return Parameters(signature, arguments, context_schema_of(signature, arguments))


def bind(parameters: Parameters, given: Mapping[Argument, object]) -> inspect.BoundArguments:
    filled = OrderedDict((name, given[argument]) for name, argument in parameters.arguments.items())
    return inspect.BoundArguments(parameters.signature, filled)


def signature_of(factory: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(factory, eval_str=True)
    except Exception:  # noqa: BLE001 - evaluating the application's annotations may raise anything
        return inspect.signature(factory)


def arguments_of(signature: inspect.Signature) -> dict[str, Argument] | None:
    """None when a required parameter is neither a runtime nor a config."""
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = [each for each in signature.parameters.values() if each.kind not in variadic]
    if len(parameters) == 1 and parameters[0].annotation is inspect.Parameter.empty:
        return {parameters[0].name: "config"}
    arguments = {each.name: kind for each in parameters if (kind := argument_of(each.annotation))}
    if any(each.default is each.empty and each.name not in arguments for each in parameters):
        return None
    return arguments


def argument_of(annotation: object) -> Argument | None:
    if isinstance(annotation, str):
        return argument_by_name(annotation)
    origins = [get_origin(each) or each for each in alternatives(annotation)]
    if any(origin in RUNTIMES for origin in origins):
        return "runtime"
    return "config" if any(origin in CONFIGS for origin in origins) else None


def argument_by_name(annotation: str) -> Argument | None:
    """For a name that exists for type checkers only, and so cannot be evaluated."""
    if "ServerRuntime" in annotation:
        return "runtime"
    return "config" if "RunnableConfig" in annotation else None


def alternatives(annotation: object) -> tuple[object, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, types.UnionType) else (annotation,)


def context_schema_of(signature: inspect.Signature, arguments: Mapping[str, Argument]) -> object:
    asking = [signature.parameters[name] for name, argument in arguments.items() if argument == "runtime"]
    schemas = [get_args(each) for one in asking for each in alternatives(one.annotation)]
    return next((schema[0] for schema in schemas if schema), None)
