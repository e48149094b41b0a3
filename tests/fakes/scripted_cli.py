"""The real command line in a process of its own, with a scripted model: `scripted_cli.py SCRIPT.json ARGS…`.

The script has `ScriptedModel`'s arguments.
"""

import json
import sys
from pathlib import Path

from agent.cli.app import main
from agent.cli.services import Services
from agent.interrupts import treat_stops_as_interrupts
from tests.fakes.scripted_model import ScriptedModel

if __name__ == "__main__":
    script = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    treat_stops_as_interrupts()
    main(sys.argv[2:], Services(lambda _name, **_: ScriptedModel(**script)))
