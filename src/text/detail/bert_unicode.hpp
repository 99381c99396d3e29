#pragma once

/// \file
/// What the BERT tokenizer of the reference library thinks of code points: its tables are those of Unicode 8, so a
/// newer ICU counts only where a code point is that old (u_charAge), but for the exceptions listed in the source.

namespace ablatrix::text::detail {

/// Dropped by clean_text: U+0000, U+FFFD and control, format or private-use code points other than \t \n \r.
bool bert_drops(char32_t c);
/// White space of any Unicode version.
bool bert_space(char32_t c);
/// Non-spacing marks, dropped by strip_accents.
bool bert_accent(char32_t c);
/// Stands alone as a word.
bool bert_punctuation(char32_t c);
/// Gets a space on either side: the ideograph blocks.
bool bert_ideograph(char32_t c);

/// Lower case without context: a final sigma stays one like all others. U+0130 becomes "i" and U+0307, which is not
/// among these: callers handle it.
char32_t bert_lower(char32_t c);

}  // namespace ablatrix::text::detail
