#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/text/tokenizer.hpp>

#include "jobs/ecg/encoders.hpp"
#include "jobs/ecg/pairs.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

/// Is the end of the row's last text, where markers stand, among its tokens?
bool keeps_the_end(text::TokenRows const& tokens, std::size_t row, std::string const& last_text, bool is_pair)
{
    auto const last_letter = last_text.find_last_not_of(" \t\r\n");
    if (last_letter == std::string::npos) return true;
    for (auto t = tokens.row_begin[row]; t < tokens.row_begin[row + 1]; ++t) {
        auto const place = static_cast<std::size_t>(t);
        if (tokens.sequence[place] == (is_pair ? 1 : 0) && tokens.offset[place].end > last_letter) return true;
    }
    return false;
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& source = context.input("text");
    auto const rows = read_text_rows(source, "text", context.has_input("pairs") ? &context.input("pairs") : nullptr);
    auto const tokenizer = text::Tokenizer::load(checked_folder(context));
    text::EncodeOptions options;
    options.max_length = context.params().get_int("max_length");
    options.offsets = true;
    options.threads = context.threads();
    bool const is_pair = !rows.second.empty();
    auto const tokens =
        is_pair ? tokenizer.encode_pairs(rows.first, rows.second, options) : tokenizer.encode(rows.first, options);

    auto const marked =
        source.contains("has_artifact") ? source.get<std::uint8_t>("has_artifact") : std::span<std::uint8_t const>{};
    double lost = 0;
    for (std::size_t i = 0; i < marked.size(); ++i) {
        auto const& last = is_pair ? rows.second[i] : rows.first[i];
        if (marked[i] != 0 && !keeps_the_end(tokens, i, last, is_pair)) ++lost;
    }
    base::Bundle out;
    out.put_scalar("truncated_rows",
                   static_cast<double>(std::count(tokens.truncated.begin(), tokens.truncated.end(), 1)));
    out.put_scalar("truncated_markers", lost);
    return out;
}

}  // namespace

plan::StageKind truncation_stage()
{
    return {"ecg.truncation", 2, run};
}

}  // namespace ablatrix::ecg
