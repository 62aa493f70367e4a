"""The 86 bad inputs of ``reliability.md``, section 3.5: how each ends, or why none comes.

Pure. Each is sent as often as somebody wants, each time as another event.
"""

from support.bad_inputs.elsewhere import ELSEWHERE
from support.bad_inputs.making import CARRIED, DROPPED, ENDS, WITHHELD, BadInput, Making, neighbours
from support.bad_inputs.unreadable import unreadable
from support.bad_inputs.unsound import unsound

__all__ = ["CARRIED", "DROPPED", "ELSEWHERE", "ENDS", "INPUTS", "WITHHELD", "BadInput", "Making", "neighbours"]

INPUTS: tuple[BadInput, ...] = tuple(sorted((*unreadable(), *unsound()), key=lambda one: one.number))
