"""The tools of the chat agent: a weather report that is always the same, and a calculator."""

import ast
import operator
from collections.abc import Callable

from langchain_core.tools import BaseTool, tool

SKIES = ("sunny", "cloudy", "rainy", "windy")
OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


@tool
def weather(city: str) -> str:
    """Tell the weather in a city."""
    seed = sum(city.lower().encode())
    return f"It is {SKIES[seed % len(SKIES)]} and {seed % 30} °C in {city}."


@tool
def calculator(expression: str) -> str:
    """Work out an expression of numbers, + - * / and parentheses."""
    return f"{expression} = {value_of(ast.parse(expression, mode='eval').body):g}"


def value_of(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -value_of(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](value_of(left), value_of(right))
        case _:
            raise ValueError("Only numbers, + - * / and parentheses are understood.")


TOOLS: list[BaseTool] = [weather, calculator]
