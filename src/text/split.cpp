#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "detail/makers.hpp"
#include "detail/pattern.hpp"
#include "detail/split_behavior.hpp"
#include "detail/split_scanner.hpp"

namespace ablatrix::text::detail {

namespace {

class PatternSplit final : public PreTokenizer
{
  public:
    explicit PatternSplit(JsonNode const& node)
        : pattern_(node.at("pattern")),
          behavior_(read_split_behavior(node.at("behavior"))),
          invert_(node.boolean_or("invert", false))
    {}

    void split(Segment& segment) const override
    {
        std::string_view const text = segment.text.text();
        std::vector<Stretch> stretches;
        segment.cut_pieces([&](Piece const& piece, auto const& emit) {
            pattern_.find(text, piece.begin, piece.end, stretches);
            for (Stretch& stretch : stretches)
                stretch.match = stretch.match != invert_;
            merge_stretches(stretches, behavior_);
            for (Stretch const& stretch : stretches)
                emit(stretch.begin, stretch.end);
        });
    }

  private:
    Pattern pattern_;
    SplitBehavior behavior_;
    bool invert_;
};

class ScannerSplit final : public PreTokenizer
{
  public:
    explicit ScannerSplit(SplitPattern pattern) : scanner_(pattern) {}
    void split(Segment& segment) const override { scanner_.split(segment); }

  private:
    SplitScanner scanner_;
};

/// The known patterns match every character: matches alone, or all that is not between them, are the same pieces.
std::optional<SplitPattern> scannable(JsonNode const& node)
{
    auto const regex = node.at("pattern").find("Regex");
    SplitBehavior const behavior = read_split_behavior(node.at("behavior"));
    bool const inverted = node.boolean_or("invert", false);
    bool const keeps_all = behavior == SplitBehavior::isolated || (behavior == SplitBehavior::removed && inverted);
    return regex && keeps_all ? known_pattern(regex->string()) : std::nullopt;
}

}  // namespace

std::unique_ptr<PreTokenizer const> make_split(JsonNode const& node)
{
    if (auto const pattern = scannable(node)) return std::make_unique<ScannerSplit>(*pattern);
    return std::make_unique<PatternSplit>(node);
}

}  // namespace ablatrix::text::detail
