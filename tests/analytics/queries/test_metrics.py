"""Percentiles of many histograms at once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics import histogram
from apps.analytics.queries import metrics

histograms = st.lists(
    st.dictionaries(st.integers(0, len(histogram.BOUNDS) - 1), st.integers(1, 10**9), max_size=8).map(histogram.render),
    max_size=5,
).map(lambda texts: " ".join(filter(None, texts)))


@given(st.lists(histograms, max_size=8))
@pytest.mark.parametrize("short", [0, 10**9])
def test_the_fast_way_and_the_plain_way_agree(short: int, texts: list[str]) -> None:
    plain = [histogram.percentiles(histogram.parse(text), *metrics.QUANTILES) for text in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "PLAIN_LIMIT", short)
        assert metrics.percentiles(texts) == plain


@given(st.lists(st.tuples(histograms, histograms), max_size=8))
@pytest.mark.parametrize("short", [0, 10**9])
def test_what_is_taken_away_again_does_not_count(short: int, texts: list[tuple[str, str]]) -> None:
    more_and_less = [f"{left} {gone} {gone.replace(':', ':-')}".strip() for left, gone in texts]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "PLAIN_LIMIT", short)
        assert metrics.percentiles(more_and_less) == metrics.percentiles([left for left, _ in texts])
