"""An address book."""

from dataclasses import dataclass


@dataclass
class Contact:
    """Somebody in the address book."""

    name: str
    email: str = ""

    def matches(self, text):
        """Say whether the name or the email contains a text, in any case."""
        text = text.lower()
        return text in self.name.lower() or text in self.email.lower()

    def to_dict(self):
        """Return the contact as it is saved."""
        return {
            "name": self.name,
            "email": self.email,
        }


class AddressBook:
    """All contacts, by name."""

    def __init__(self):
        self._contacts = {}

    def add(self, contact):
        """Put a contact in; one of the same name is replaced."""
        self._contacts[contact.name] = contact

    def search(self, text):
        """Return the contacts that match, sorted by name."""
        return [self._contacts[name] for name in sorted(self._contacts) if self._contacts[name].matches(text)]

    def to_list(self):
        """Return all contacts as they are saved."""
        return [contact.to_dict() for contact in self._contacts.values()]
