"""Text from hosts, guests and files: data wherever it is printed, never a terminal's commands."""

import unicodedata

# Line ends and tabs are layout. Everything else of these categories moves the cursor, hides or reorders what is read:
# control characters, format characters (marks of direction among them), halves of surrogate pairs.
_KEPT = "\n\t"
_UNSEEN = ("Cc", "Cf", "Cs")
_PICTURES = 0x2400


def visible(text: str) -> str:
    """Return a text with each character that a terminal would obey, or not show, in a visible form.

    ESC becomes U+241B and the other control characters of ASCII likewise; all others become `<U+202E>`.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    code = ord(letter)
    # The last two of each plane are no characters, and not allowed in XML.
    if letter in _KEPT or (unicodedata.category(letter) not in _UNSEEN and code & 0xFFFE != 0xFFFE):
        return letter
    if code < 0x20:
        return chr(_PICTURES + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else f"<U+{code:04X}>"
