#include <algorithm>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/data/noise.hpp>
#include <ablatrix/text/tokenize.hpp>

#include "jobs/ecg/pairs.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

struct Span
{
    std::size_t begin, end;
};

std::vector<Span> spans_of(std::span<std::int32_t const> begin, std::span<std::int32_t const> end)
{
    std::vector<Span> spans;
    for (std::size_t s = 0; s < begin.size(); ++s) {
        if (begin[s] >= 0) spans.push_back({static_cast<std::size_t>(begin[s]), static_cast<std::size_t>(end[s])});
    }
    std::sort(spans.begin(), spans.end(), [](Span a, Span b) { return a.begin < b.begin; });
    return spans;
}

/// The text with blanks for its evidence: the recorded bytes, and every further occurrence of a cited word.
std::string blank_evidence(std::string text, std::vector<Span> const& spans)
{
    auto const words = text::words(text);
    std::set<std::string> cited;
    auto const blank = [&](std::size_t begin, std::size_t end) {
        std::fill(text.begin() + static_cast<std::ptrdiff_t>(begin), text.begin() + static_cast<std::ptrdiff_t>(end),
                  ' ');
    };
    for (auto const& word : words) {
        if (std::any_of(spans.begin(), spans.end(), [&](Span s) { return s.begin == word.begin && s.end == word.end; }))
            cited.insert(word.lower);
    }
    for (auto const span : spans)
        blank(span.begin, span.end);
    for (auto const& word : words) {
        if (cited.count(word.lower) != 0) blank(word.begin, word.end);
    }
    return text;
}

/// The spans of \p text that begin in [begin, end), joined by blanks.
std::string only(std::string const& text, std::vector<Span> const& spans, std::size_t begin, std::size_t end)
{
    std::string joined;
    for (auto const span : spans) {
        if (span.begin < begin || span.begin >= end) continue;
        joined += (joined.empty() ? "" : " ") + text.substr(span.begin, span.end - span.begin);
    }
    return joined;
}

/// Texts of one kind, with the first texts of pairs.
class Column
{
  public:
    Column(std::string name, bool has_pairs) : name_(std::move(name)), has_pairs_(has_pairs) {}
    void add(std::string text) { text_.push_back(std::move(text)); }
    void add(std::string first, std::string const& second)
    {
        text_.push_back(first + ' ' + second);
        first_.push_back(std::move(first));
    }
    void put(base::Bundle& out)
    {
        out.put("text/" + name_, std::move(text_));
        if (has_pairs_) out.put("first/" + name_, std::move(first_));
    }

  private:
    std::string name_;
    bool has_pairs_;
    std::vector<std::string> text_, first_;
};

base::Bundle run(plan::StageContext const& context)
{
    auto const& explanations = context.input("explanations");
    auto const texts = context.input("text").get<std::string>("text");
    auto const begin = explanations.get<std::int32_t>("evidence_begin");
    auto const end = explanations.get<std::int32_t>("evidence_end");
    auto const width = static_cast<std::size_t>(explanations.shape("evidence_begin").back());
    auto const& tokens = context.params().get<std::vector<std::string>>("tokens");
    bool const has_pairs = context.has_input("pairs");
    auto const first = has_pairs ? context.input("pairs").get<std::string>("first") : std::span<std::string const>{};

    Column explained("explained", has_pairs), deleted("deleted", has_pairs), kept("kept", has_pairs),
        marked("marked", has_pairs), unmarked("unmarked", has_pairs);
    for (std::size_t i = 0; i < texts.size(); ++i) {
        auto const& text = texts[i];
        auto const spans = spans_of(begin.subspan(i * width, width), end.subspan(i * width, width));
        auto const blanked = spans.empty() ? std::string{} : blank_evidence(text, spans);
        bool const is_marked = contains_any(text, tokens);
        if (!has_pairs) {
            if (!spans.empty()) {
                explained.add(text);
                deleted.add(data::strip_tokens(blanked, {}));
                kept.add(only(text, spans, 0, text.size()));
            }
            if (is_marked) {
                marked.add(text);
                unmarked.add(data::strip_tokens(text, tokens));
            }
            continue;
        }
        auto const [one, two] = split_pair(text, first[i]);
        auto const cut = one.size();
        if (!spans.empty()) {
            explained.add(one, two);
            deleted.add(data::strip_tokens(blanked.substr(0, cut), {}), data::strip_tokens(blanked.substr(cut), {}));
            kept.add(only(text, spans, 0, cut), only(text, spans, cut, text.size()));
        }
        if (is_marked) {
            marked.add(one, two);
            unmarked.add(data::strip_tokens(one, tokens), data::strip_tokens(two, tokens));
        }
    }
    base::Bundle out;
    for (auto* const column : {&explained, &deleted, &kept, &marked, &unmarked})
        column->put(out);
    return out;
}

}  // namespace

plan::StageKind faithfulness_texts_stage()
{
    return {"ecg.faithfulness_texts", 2, run};
}

}  // namespace ablatrix::ecg
