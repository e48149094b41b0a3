from hypothesis import given
from hypothesis import strategies as st

from agent.errors import FailingTestsError, PatchError
from agent.repair import leads_of, repair_text


def test_the_reason_and_the_output_are_told() -> None:
    assert "\nline 3: no hunk\n" in (repair_text(PatchError("line 3: no hunk"), lambda _: True) or "")
    text = repair_text(FailingTestsError("`x` failed", "one\ntwo\n"), lambda _: True)
    assert "\n`x` failed\n\none\ntwo\n\n" in (text or "")


@given(output=st.text(max_size=200), room=st.integers(0, 600))
def test_what_is_told_fits_and_is_the_end_of_the_output(output: str, room: int) -> None:
    error = FailingTestsError("`x` failed", output)
    text = repair_text(error, lambda text: len(text) <= room)
    if text is None:
        assert len(repair_text(PatchError("`x` failed"), lambda _: True) or "") + 60 > room
        return
    assert len(text) <= room
    assert "`x` failed" in text
    if "was left out" not in text:
        assert output.rstrip("\n") in text


def test_tests_that_a_report_names_do_not_lead() -> None:
    report = 'File "tests/test_convert.py", line 5\nFile "convert.py", line 8\nsrc/cart.test.js:3:1 CartTest.java:7'
    said = leads_of(report)
    assert 'File "convert.py", line 8' in said
    assert "est" not in said.replace('File "convert.py"', "")
