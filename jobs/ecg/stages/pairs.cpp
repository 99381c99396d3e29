#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const& source = context.input("source");
    auto const all = source.get<std::int64_t>("row");
    auto const texts = source.get<std::string>("text");
    std::unordered_map<std::int64_t, std::size_t> place;
    for (std::size_t i = 0; i < all.size(); ++i)
        place.emplace(all[i], i);
    std::vector<std::string> first;
    for (auto const row : context.input("rows").get<std::int64_t>("row"))
        first.push_back(texts[place.at(row)]);
    base::Bundle out;
    if (context.params().contains("tokens")) {
        // As the evaluation texts of that name begin.
        std::vector<std::string> stripped;
        for (auto const& text : first)
            stripped.push_back(data::strip_tokens(text, context.params().get<std::vector<std::string>>("tokens")));
        out.put("first/rating-stripped", stripped);
        out.put("first/stripped", std::move(stripped));
    }
    out.put("first", std::move(first));
    return out;
}

}  // namespace

plan::StageKind pairs_stage()
{
    return {"ecg.pairs", 1, run};
}

}  // namespace ablatrix::ecg
