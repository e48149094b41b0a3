"""Address books as vCard 3.0."""

_PROPERTIES = {"FN": "name", "EMAIL": "email", "TEL": "phone"}


def loads(text):
    """Return the contacts in a text."""
    contacts = []
    for line in text.splitlines():
        name, _, value = line.partition(":")
        name = name.split(";")[0].upper()
        if name == "BEGIN":
            contacts.append({"name": "", "email": "", "phone": ""})
        elif name in _PROPERTIES:
            contacts[-1][_PROPERTIES[name]] = value
    return contacts


def dumps(contacts):
    """Return contacts as text."""
    lines = []
    for contact in contacts:
        lines += ["BEGIN:VCARD", "VERSION:3.0"]
        lines += [f"{name}:{contact[field]}" for name, field in _PROPERTIES.items() if contact[field]]
        lines.append("END:VCARD")
    return "".join(line + "\n" for line in lines)
