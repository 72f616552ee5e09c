"""Puts the built web client into the wheel, so that whoever installs it needs no Node.

INVEKTO_WEB_DIST=folder takes a client that is already built; INVEKTO_SKIP_WEB=1 leaves it out.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WebClientHook(BuildHookInterface[Any]):
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        # An editable install serves web/dist of the checkout, which scripts/bootstrap builds.
        if version == "editable" or os.environ.get("INVEKTO_SKIP_WEB") == "1":
            return
        root = Path(self.root)
        given = os.environ.get("INVEKTO_WEB_DIST")
        if given:
            dist = Path(given)
            if not (dist / "index.html").is_file():
                raise FileNotFoundError(f"INVEKTO_WEB_DIST is {given}, where there is no index.html.")
        else:
            sys.path.insert(0, str(root / "scripts"))
            import webbuild

            self.app.display_info("Building the web client")
            dist = webbuild.build_for_wheel(root)
        build_data["force_include"][str(dist)] = "invekto/web"
