"""The paper's languages: one set of templates, a catalog that lacks nothing, numbers that are the same in each."""

import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from report.i18n import translate
from report.i18n.catalog import messages, missing, update
from report.i18n.translate import LANGUAGES, catalog, data_catalogs, gettext, read_catalog, speaking
from tests.support.errors import raises_code
from tests.support.made_up import REFERENCE, MakeStudy
from tests.support.pages import page

OTHERS = sorted(set(LANGUAGES) - {"en"})
_NAMED = re.compile(r"%\(([a-z_]+)\)s")


def placeholders(text: str) -> list[str]:
    fields = [name for _, name, _, _ in string.Formatter().parse(_NAMED.sub("", text)) if name is not None]
    return sorted(_NAMED.findall(text) + fields)


def texts(message: Message) -> list[tuple[str, str]]:
    """Pairs of an original and its translation; of a plural the form for many."""
    if isinstance(message.id, str):
        assert isinstance(message.string, str)
        return [(message.id, message.string)]
    assert message.string
    return [(message.id[1], translated) for translated in message.string]


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalog_has_every_message_and_no_other(code: str) -> None:
    wanted = {(m.context, m.id if isinstance(m.id, str) else tuple(m.id)) for m in messages() if m.id}
    found = {(m.context, m.id if isinstance(m.id, str) else tuple(m.id)) for m in catalog(code) if m.id}
    assert found == wanted
    assert not catalog(code).obsolete


@pytest.mark.parametrize("code", OTHERS)
def test_every_message_is_translated_with_the_same_placeholders(code: str) -> None:
    for message in catalog(code):
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        for original, translated in texts(message):
            assert translated.strip(), original
            assert placeholders(translated) == placeholders(original), original
            assert translated.count("%%") == original.count("%%"), original


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalog_that_is_up_to_date_stays_as_it_is(code: str) -> None:
    assert (translate.FOLDER / f"{code}.po").read_text(encoding="utf-8") == update(code)


@pytest.mark.parametrize("code", OTHERS)
def test_what_data_and_plug_ins_say_is_translated(code: str) -> None:
    assert missing(code) == {}
    for path in data_catalogs(code):
        for message in read_catalog(path, code):
            assert not message.id or message.string, f"{path}: {message.id}"


def test_no_korean_particle_depends_on_a_hypervisors_name() -> None:
    """Which of two particles follows a name depends on its last letter, and any name can be there."""
    names = "name|names|host|flat|steep|dear|cheap|first|others"
    particle = re.compile(rf"%\(({names})\)s(</\w+>)?(은|는|이|가|을|를|과|와|으로|로)(?![가-힣])")
    for message in catalog("ko"):
        for _, translated in texts(message) if message.id else ():
            assert not particle.search(translated), translated


# Names, commands, numbers and what the data says for itself; of everything else some is in Hangul.
_BLOCK = re.compile(r"<(p|h1|h2|h3|caption|figcaption|li)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_UNTRANSLATED = re.compile(r"reference-|class=\"bar\"")


@pytest.mark.parametrize("made_up", [False, True])
def test_no_sentence_is_left_in_english(make_study: MakeStudy, made_up: bool) -> None:
    printed = page(make_study(repeats=3) if made_up else REFERENCE, "ko")
    blocks = [match for match in _BLOCK.finditer(printed) if not _UNTRANSLATED.search(match[2])]
    assert len(blocks) > 40
    for match in blocks:
        words = re.sub(r"<[^>]+>|&[a-z]+;", " ", match[3])
        for sentence in re.split(r"(?<=[.:]) ", words):
            english = re.findall(r"\b(?:the|of|is|was|were|and|that|not|read)\b", sentence)
            assert len(english) < 2 or "Comparison and Analysis" in words, sentence


@pytest.mark.parametrize("code", OTHERS)
def test_english_is_spoken_again_afterwards(code: str) -> None:
    with speaking(LANGUAGES[code]):
        assert gettext("Manager") != "Manager"
    assert gettext("Manager") == "Manager"


def test_a_language_without_a_catalog_is_refused() -> None:
    with raises_code("unknown-language", "'xx'") as caught:
        page(REFERENCE, "xx")
    assert caught.value.hint == "use en or ko"


def test_a_damaged_catalog_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "ko.po").write_bytes(b'msgid "\xff"\n')
    monkeypatch.setattr(translate, "FOLDER", tmp_path)
    with raises_code("damaged-catalog", "ko.po"):
        catalog("ko")
