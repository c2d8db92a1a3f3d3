"""The low-level bindings of llama.cpp: the only home of llama_cpp.

Runs in the engine's child process: a C++ abort cannot be caught in Python, so the parent never calls this.
"""

from inference.llama.context import Context, open_context
from inference.llama.devices import Room, can_use_gpu, may_repack, room
from inference.llama.errors import DecodeError, DecodeRefused, ModelError
from inference.llama.model import Model, open_model
from inference.llama.outputs import Output

__all__ = [
    "Context",
    "DecodeError",
    "DecodeRefused",
    "Model",
    "ModelError",
    "Output",
    "Room",
    "can_use_gpu",
    "may_repack",
    "open_context",
    "open_model",
    "room",
]
