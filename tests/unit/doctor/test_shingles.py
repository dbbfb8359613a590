"""Near pairs are those that comparing all with all would find."""

from __future__ import annotations

import random

from onoma.doctor.shingles import MIN_SIMILARITY, near_pairs


def test_near_pairs_are_those_of_comparing_all_with_all():
    draw = random.Random(3)
    words = [f"w{number}" for number in range(200)]
    texts = [draw.choices(words, k=draw.randrange(3, 60)) for _ in range(60)]
    for text in list(texts):
        changed = list(text)
        for _ in range(draw.randrange(4)):
            changed[draw.randrange(len(changed))] = draw.choice(words)
        texts.append(changed)
    sets = [set(zip(text, text[1:], text[2:], strict=False)) for text in texts]
    wanted = {
        later
        for later in range(len(sets))
        if any(len(sets[later] & own) / len(sets[later] | own) >= MIN_SIMILARITY for own in sets[:later])
    }
    found = {later: (earlier, similarity) for earlier, later, similarity in near_pairs(texts)}
    assert len(wanted) > 10
    assert set(found) == wanted
    for later, (earlier, similarity) in found.items():
        assert similarity == len(sets[earlier] & sets[later]) / len(sets[earlier] | sets[later])


def test_texts_shorter_than_a_shingle_are_in_no_pair():
    assert not list(near_pairs([["a", "b"], ["a", "b"], []]))
