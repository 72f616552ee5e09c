"""The providers' APIs as small programs with their rules and a fault menu. Imports nothing of invekto: see README.md."""

from invekto_sandbox.server import Sandbox, info, serving
from invekto_sandbox.settings import Delays, Settings

__all__ = ["Delays", "Sandbox", "Settings", "info", "serving"]
