"""Urgency and mood, with the sentence that says so."""

import pytest

from knowledge.tone import tone


@pytest.mark.parametrize(
    ("text", "urgency", "mood"),
    [
        ("Where is my parcel?", "", ""),
        ("Could you please help me as soon as possible? I need it by tomorrow.", "urgent", ""),
        ("This is the third time I write and nobody answers. Unacceptable!", "", "negative"),
        ("I am not disappointed, only curious about the colour.", "", ""),
        ("Thank you so much, I love the teapot!", "", "positive"),
        ("Thanks in advance.", "", ""),
        ("你们的服务太差了，我要投诉！", "", "negative"),
        ("請盡快處理，我明天就要出發了。", "urgent", ""),
        ("非常感谢，茶很好喝！", "", "positive"),
        ("It is not urgent.", "", ""),
        ("", "", ""),
    ],
)
def test_tone_is_heard_and_nothing_is_invented(text: str, urgency: str, mood: str) -> None:
    found = tone(text)
    assert (found.urgency, found.mood) == (urgency, mood)


def test_the_evidence_is_the_customer_s_own_sentence() -> None:
    found = tone("I ordered in May. This is ridiculous and I am furious. My number is 12.")
    assert found.mood_evidence == "This is ridiculous and I am furious."
