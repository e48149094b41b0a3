from model.hashhop.protocols import Question


def test_a_question_is_the_references_completion_up_to_its_opening_quote() -> None:
    assert Question("abCD", 3, chain_of_thought=True).text == "\n\nCOMPLETION:\nHops=3\n\nCoT=True\n\nabCD = '"
    assert Question("abCD", 1, chain_of_thought=False).text == "\n\nCOMPLETION:\nHops=1\n\nCoT=False\n\nabCD = '"
