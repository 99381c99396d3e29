"""Texts on which tokenizers like to differ, and a seeded torture set. Used by make_tokenizer_fixtures.py."""

import random
import unicodedata

HARD = [
    "", " ", "   ", "\n", "\t\t", "\r\n", "\x00", "a", "A", "é", "e\u0301", "\u0301", "\u0301a", "a\u0323\u0301b",
    "a\u0301\u0323b", "ΑΣ ΣΑΣ", "İstanbul", "Straße ẞ", "soft\u00adhyphen", "中文a", "日本語のテキスト", "한국어 각", "ﬁne ﬂow",
    "①② ½ Ⅷ", "x²", "ǅ ǆ", "ß", "ſs it'ſ", "I'm I'LL DON'T don't we'd they've", "DON'T I'LL", "x=12345", "a \n\n b",
    '{"pred_label": "POSITIVE"}', "1234567890", "3.14159, 1,000,000", "１２３", "٣٤٥", "a1b22c333", "  two  spaces  ",
    "tab\tand\nnewline\r\nCRLF", "trailing ", " leading", "a\u00a0b", "a\u3000b", "a\u2028b\u2029c", "a\u0085b", "\u0085x",
    "a\u200bb", "a\u200db\u200c", "\ufeffBOM", "\ufffdreplaced\ufffd", "pri\ue000vate", "\U0001f600", "👩\u200d👩\u200d👧\u200d👦 family",
    "🇩🇪🇫🇷", "👍🏽", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "Привет, мир!", "Ünïcödé", "naïve café résumé",
    "hello, world!", "Hello World", "HELLO", "it 's a n't b", "a fascinating , moving film .", "that loves its characters",
    "can't-miss", "co-operate re-do", "www.example.com/path?q=1&r=2", "user@example.org", "#hash @at $5 50% ^_^", "~`|\\<>=+*",
    "``quoted''", "“curly” ‘quotes’ — dash … dots", "«guillemets»", "¿qué? ¡sí!", "a.b.c.", "...", "!!!???", "--", "___",
    "under_score", "CamelCaseWord", "abc123def", "x" * 99, "x" * 100, "x" * 101, "é" * 100, "é" * 101, "ab" * 300, "9" * 40,
    "no space:中文,英文。", "mixed日本and한국text", "\u1100\u1161\u11a8", "\u0e33", "\u0f71\u0f72", "\u0344", "Å Å Å", "\u212b",
    "\u1e9b\u0323", "d\u0307\u0323", "q\u0307\u0323\u0300", "ŉ", "ᾳ ᾼ", "Ω Ω", "ﷺ", "㍿ ㎏", "\u0132 ĳ", "fi\u200cn", "\u115f\u3164",
    "[CLS]", "[SEP] in text", "a[MASK]b", "a [MASK] b", "[mask]", "[UNK][PAD]", "<s>", "</s> end", "<mask>", "a <mask>b", "aa  <mask>",
    " <mask>", "\u0085 <mask> x", "<pad><unk>", "<|im_start|>user\nhi<|im_end|>", "<think>\n\n</think>", "< think>", "<|begin_of_text|>",
    "<|endoftext|>", "a<|eot_id|>b", "<0x41>", "▁", "a▁b", " ▁ ", "▁▁x", "Ġ", "aĠb", "Ċ", "##ing", "a ##b", "##", "brand", "brandnew", "brand new",
    "BRAND new", "xbrandx", "brand-", "\u00e9brand", "brand\u0301", "new york", "New York city", "anew york", "in new  york", "ⓐ ⓑ", "\U0001d400\U0001d401",
    "\U00020000x", "\U0002f800", "𝒳𝓎", "\u0378", "\U000e0001tag", "a\x7fb", "a\x1bb", "\x80\x9f", "᠎x", "\u2060word", "e\u20dd", "\u0e01\u0e34\u0e48",
    "a  \n  b", "\n\n\na", "a\n", "a \n", " \t \n x", "a   b", "x  ", "'s", "'S", "''s", "a's's", "' s", "'re're", "!\n\n", "!a", " !", "?!\r\n x",
    "0a", "a0", "٠a", "1.", "½a", "a½", "Ⅻ", "good movie good movie good movie", "un" * 60, "the " * 50,
]


def torture(count=1000, seed=20240501):
    """Random code points of all planes with much of what is hard: marks, joiners, spaces, line ends, NUL, capitals.

    Code points that Unicode assigned after version 14 are left out: libraries know different newer versions.
    """
    rng = random.Random(seed)
    ranges = [(0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF),
              (0x1100, 0x11FF), (0x1E00, 0x1FFF), (0x2000, 0x206F), (0x2070, 0x2BFF), (0x3040, 0x30FF), (0x4E00, 0x9FFF),
              (0xAC00, 0xD7A3), (0xF900, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x2FA1F), (0xE0000, 0xE01EF), (0x50000, 0x10FFFF)]
    special = [" ", " ", "\n", "\r\n", "\t", "\x00", "\u200d", "\u0301", "\u0323", "'s", "'LL", "▁", "\u00a0", "\u3000", "<s>", "[MASK]"]

    def piece():
        if rng.random() < 0.25:
            return rng.choice(special)
        if rng.random() < 0.3:
            return "".join(rng.choice("abcdefghijklmnopqrstuvwxyzABC") for _ in range(rng.randint(1, 7)))
        while True:
            first, last = rng.choice(ranges)
            code_point = rng.randint(first, last)
            known = unicodedata.category(chr(code_point)) != "Cn" or 0x50000 <= code_point < 0xE0000
            if known and not 0xD800 <= code_point < 0xE000:
                return chr(code_point)

    return ["".join(piece() for _ in range(rng.randint(1, 30))) for _ in range(count)]
