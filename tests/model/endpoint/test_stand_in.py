from model.endpoint.stand_in import stand_in


def test_it_says_every_text_again() -> None:
    tokenizer = stand_in()
    for text in ("", "def f(x):\n\treturn x + 1\n", "Größe 中文 🎉\r\n", "<|im_end|>", "\0\x01"):
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert not tokenizer.controls
