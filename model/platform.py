"""What this machine has, found out without torch."""

import sys
from pathlib import Path

# A machine without these has nothing that torch would run on but its processor.
_ACCELERATOR_FILES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def runs_on_cpu(device: str) -> bool:
    """Tell whether a device of that name ("auto", too) is the CPU.

    torch, a second to import, is asked only where there may be something else.

    Raises:
        DeviceError: torch was asked, and knows no such device here.

    """
    if device == "cpu":
        return True
    if device == "auto" and sys.platform != "darwin" and not any(Path(path).exists() for path in _ACCELERATOR_FILES):
        return True
    from model.device import choose_device  # noqa: PLC0415

    return choose_device(device).type == "cpu"
