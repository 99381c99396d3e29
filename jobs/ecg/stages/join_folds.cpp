#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

base::Bundle run(plan::StageContext const& context)
{
    auto const roles = context.roles();
    std::size_t n = 0;
    for (auto const& role : roles)
        n += context.input(role).get<std::int64_t>("row").size();
    auto const classes = read_rows(context.input(roles.front()), "probs").dim;

    std::vector<float> probs(n * static_cast<std::size_t>(classes));
    std::vector<std::int32_t> fold(n, -1);
    for (std::size_t f = 0; f < roles.size(); ++f) {
        auto const& part = context.input("fold" + std::to_string(f));
        auto const rows = part.get<std::int64_t>("row");
        auto const answers = read_rows(part, "probs");
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& own = fold.at(static_cast<std::size_t>(rows[i]));
            ABLATRIX_ASSERT(own == -1);
            own = static_cast<std::int32_t>(f);
            auto const answer = answers.row(static_cast<std::int64_t>(i));
            std::copy(answer.begin(), answer.end(), probs.begin() + rows[i] * classes);
        }
    }
    base::Bundle out;
    out.put("probs", std::move(probs), {static_cast<std::int64_t>(n), classes});
    out.put("fold", std::move(fold));
    return out;
}

}  // namespace

plan::StageKind join_folds_stage()
{
    return {"ecg.join_folds", 1, run};
}

}  // namespace ablatrix::ecg
