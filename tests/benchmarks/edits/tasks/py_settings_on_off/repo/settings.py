"""Settings in plain text.

    # a comment
    name = Station 7
    [server]
    port = 8080
    hosts = alpha, beta

The port above is the setting `server.port`.
"""

import re

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SIZE = re.compile(r"(\d+)\s*([kmg]?)b?", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_REQUIRED = object()


class SettingsError(Exception):
    """The settings are not as they should be."""


class Settings:
    """Settings by their names, all of them text until they are asked for."""

    def __init__(self, values=None):
        self._values = dict(values or {})

    # Reading and writing

    @classmethod
    def parse(cls, text):
        """Read settings from text."""
        values = {}
        section = ""
        for number, line in enumerate(text.splitlines(), start=1):
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if line.startswith("["):
                section = cls._parse_section(line, number)
                continue
            key, equals, value = line.partition("=")
            key = key.strip()
            if not equals:
                raise SettingsError(f"line {number}: there is no = in it")
            if not _KEY.fullmatch(key):
                raise SettingsError(f"line {number}: {key!r} is not a name")
            name = f"{section}.{key}" if section else key
            if name in values:
                raise SettingsError(f"line {number}: {name} is there twice")
            values[name] = cls._unquote(value.strip())
        return cls(values)

    @staticmethod
    def _parse_section(line, number):
        name = line[1:-1].strip()
        if not line.endswith("]") or not _KEY.fullmatch(name):
            raise SettingsError(f"line {number}: {line!r} is not a section")
        return name

    @staticmethod
    def _unquote(value):
        if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
            return value[1:-1]
        return value

    def dump(self):
        """Return the settings as text that parse() reads."""
        plain = []
        sections = {}
        for name, value in sorted(self._values.items()):
            section, dot, key = name.rpartition(".")
            line = f"{key} = {self._quote(value)}"
            if dot:
                sections.setdefault(section, []).append(line)
            else:
                plain.append(line)
        blocks = [plain] if plain else []
        blocks += [[f"[{section}]", *lines] for section, lines in sections.items()]
        return "\n\n".join("\n".join(block) for block in blocks) + "\n"

    @staticmethod
    def _quote(value):
        if value != value.strip() or (value and value[0] in "'\""):
            return f'"{value}"'
        return value

    # Asking for settings

    def _raw(self, name, default):
        if name in self._values:
            return self._values[name]
        if default is _REQUIRED:
            raise SettingsError(f"{name} is missing")
        return None

    def get_str(self, name, default=_REQUIRED):
        """Return a setting as text."""
        value = self._raw(name, default)
        return default if value is None else value

    def get_int(self, name, default=_REQUIRED, low=None, high=None):
        """Return a setting as a whole number, which must be within the bounds."""
        value = self._raw(name, default)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise SettingsError(f"{name} is {value!r}, not a whole number") from None
        if low is not None and number < low:
            raise SettingsError(f"{name} is {number}, and must be {low} or more")
        if high is not None and number > high:
            raise SettingsError(f"{name} is {number}, and must be {high} or less")
        return number

    def get_float(self, name, default=_REQUIRED):
        """Return a setting as a number."""
        value = self._raw(name, default)
        if value is None:
            return default
        try:
            return float(value)
        except ValueError:
            raise SettingsError(f"{name} is {value!r}, not a number") from None

    def get_bool(self, name, default=_REQUIRED):
        """Return a setting as a truth value."""
        value = self._raw(name, default)
        if value is None:
            return default
        word = value.lower()
        if word in ("true", "yes", "1"):
            return True
        if word in ("false", "no", "0"):
            return False
        raise SettingsError(f"{name} is {value!r}, neither true nor false")

    def get_list(self, name, default=_REQUIRED):
        """Return a setting as a list of texts, which commas separate."""
        value = self._raw(name, default)
        if value is None:
            return default
        parts = [part.strip() for part in value.split(",")]
        return [part for part in parts if part]

    def get_size(self, name, default=_REQUIRED):
        """Return a setting such as 64k or 2 MB as a number of bytes."""
        value = self._raw(name, default)
        if value is None:
            return default
        match = _SIZE.fullmatch(value)
        if match is None:
            raise SettingsError(f"{name} is {value!r}, not a size")
        number, unit = match.groups()
        return int(number) * _FACTORS[unit.lower()]

    def get_choice(self, name, choices, default=_REQUIRED):
        """Return a setting that must be one of the choices."""
        value = self._raw(name, default)
        if value is None:
            return default
        if value not in choices:
            raise SettingsError(f"{name} is {value!r}, not one of {', '.join(choices)}")
        return value

    # Several settings

    def names(self, section=None):
        """Return the names of all settings, or of those in a section."""
        names = sorted(self._values)
        if section is None:
            return names
        return [name for name in names if name.startswith(f"{section}.")]

    def merged(self, other):
        """Return new settings, in which those of `other` come first."""
        return Settings({**self._values, **other._values})

    def section(self, name):
        """Return the settings of a section, without its name in front of theirs."""
        prefix = f"{name}."
        values = {key[len(prefix) :]: self._values[key] for key in self.names(name)}
        return Settings(values)

    def changes(self, other):
        """Return how `other` differs: the name, the value here and the value there."""
        names = sorted(self._values.keys() | other._values.keys())
        found = []
        for name in names:
            here = self._values.get(name)
            there = other._values.get(name)
            if here != there:
                found.append((name, here, there))
        return found

    def __len__(self):
        return len(self._values)

    def __contains__(self, name):
        return name in self._values
