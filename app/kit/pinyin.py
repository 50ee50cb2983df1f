"""pypinyin without its dictionary of phrases, which takes 45 MB and 0.3 s of every process: we spell characters and single words."""

from __future__ import annotations

import os

# Read once, when the package is imported for the first time: whoever spells imports it from here.
os.environ["PYPINYIN_NO_PHRASES"] = "1"

from pypinyin import Style, lazy_pinyin
from pypinyin.pinyin_dict import pinyin_dict

__all__ = ["Style", "lazy_pinyin", "pinyin_dict"]
