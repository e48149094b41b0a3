"""The settings of the services."""

import configparser
from pathlib import Path

PATH = Path(__file__).with_name("services.ini")


def load(environment, path=PATH):
    """Return the settings of all services of an environment, by their names."""
    parser = configparser.ConfigParser()
    parser.read(path, encoding="utf-8")
    found = {}
    for section in parser.sections():
        where, _, service = section.partition(":")
        if where == environment:
            found[service] = _settings(parser[section])
    if not found:
        raise KeyError(f"there is no environment {environment}")
    return found


def _settings(section):
    return {
        "url": f"{section['scheme']}://{section['host']}:{section.getint('port')}",
        "timeout": section.getint("timeout"),
        "retries": section.getint("retries"),
        "log_level": section["log_level"],
    }
