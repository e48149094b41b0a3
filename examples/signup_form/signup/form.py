"""The sign-up form: its rules and its HTML."""

from html import escape


def check_email(email):
    """Return what is wrong with an e-mail address, or an empty string."""
    return "" if "@" in email else "Please enter a valid e-mail address."


def check_password(password):
    """Return what is wrong with a password, or an empty string."""
    return "" if len(password) >= 8 else "Please use at least 8 characters."


def render_form(email="", password=""):
    """Return the form with what was entered, and what is wrong with it."""
    return f"""
<form method="post">
  <label for="email">E-mail</label>
  <input id="email" name="email" value="{escape(email)}">
  <p class="error">{check_email(email)}</p>
  <label for="password">Password</label>
  <input id="password" name="password" type="password">
  <p class="error">{check_password(password)}</p>
  <button>Sign up</button>
</form>
"""
