"""Compiled templates, kept beside them as Python keeps its own: compiling takes longer than filling in."""

import hashlib
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from core.files import write_atomic


class CompiledTemplates(BytecodeCache):
    """The compiled templates of a folder, in its `__pycache__`.

    A file that is missing, damaged, or of another version of a template, of Jinja, of Python or of the environment's
    settings is made anew. What cannot be kept is compiled again next time.

    Args:
        folder: The templates.
        settings: What sets up the environment. A file is of no use after that has changed.
    """

    def __init__(self, folder: Path, settings: Path) -> None:
        self._folder = folder / "__pycache__"
        self._made_by = hashlib.sha256(jinja2.__version__.encode() + settings.read_bytes()).digest()

    def load_bytecode(self, bucket: Bucket) -> None:
        """Load a template, if it is there."""
        # Absent or not readable: the template is compiled.
        with suppress(OSError):
            content = self._file(bucket).read_bytes()
            digest, code = content[:32], content[32:]
            # A damaged file could end the process when it is loaded.
            if digest == self._digest(code):
                bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write a compiled template to its file, unless Python writes no bytecode or the folder is not writable."""
        if sys.dont_write_bytecode:
            return
        code = bucket.bytecode_to_string()
        # A project that may only be read, or a full disk: no paper fails for that.
        with suppress(OSError):
            write_atomic(self._file(bucket), self._digest(code) + code)

    def _file(self, bucket: Bucket) -> Path:
        return self._folder / f"{bucket.key}.jinja"

    def _digest(self, code: bytes) -> bytes:
        return hashlib.sha256(self._made_by + code).digest()
