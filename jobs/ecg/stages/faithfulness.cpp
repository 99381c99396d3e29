#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include <ablatrix/nn/softmax_regression.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/stages/support.hpp"

namespace ablatrix::ecg {
namespace {

/// What the classifier answers to one kind of texts: probabilities, row-major [rows x classes].
struct Answers
{
    std::vector<double> values;
    std::size_t classes;
};

Answers answers_to(std::string const& kind, plan::StageContext const& context)
{
    if (context.has_input("answers")) {
        auto const probabilities = softmax(read_rows(context.input("answers"), "logits/text/" + kind));
        return {probabilities.values, static_cast<std::size_t>(probabilities.classes)};
    }
    auto const& dynamics = context.input("dynamics");
    nn::SoftmaxModel model;
    model.weight = copy_of(dynamics.get<float>("weight"));
    model.bias = copy_of(dynamics.get<float>("bias"));
    model.dim = columns_of(dynamics, "weight");
    model.classes = static_cast<std::int32_t>(model.bias.size());
    auto const vectors = context.input("vectors").get<float>("vectors/" + kind);
    if (vectors.empty()) return {{}, model.bias.size()};
    auto const probabilities = nn::probabilities(model, vectors);
    return {{probabilities.begin(), probabilities.end()}, model.bias.size()};
}

/// Mean of f_c(original) - f_c(changed) with c the class predicted for the original; NaN without rows.
double mean_drop(Answers const& original, Answers const& changed)
{
    if (original.values.empty()) return std::numeric_limits<double>::quiet_NaN();
    auto const rows = original.values.size() / original.classes;
    double sum = 0;
    for (std::size_t i = 0; i < rows; ++i) {
        auto const row = original.values.begin() + static_cast<std::ptrdiff_t>(i * original.classes);
        auto const top = std::max_element(row, row + static_cast<std::ptrdiff_t>(original.classes));
        auto const place = static_cast<std::size_t>(top - original.values.begin());
        sum += *top - changed.values[place];
    }
    return sum / static_cast<double>(rows);
}

base::Bundle run(plan::StageContext const& context)
{
    auto const explained = answers_to("explained", context);
    base::Bundle out;
    out.put_scalar("comprehensiveness", mean_drop(explained, answers_to("deleted", context)));
    out.put_scalar("sufficiency", mean_drop(explained, answers_to("kept", context)));
    out.put_scalar("spurious_attribution", mean_drop(answers_to("marked", context), answers_to("unmarked", context)));
    out.put_scalar("rows", static_cast<double>(explained.values.size() / explained.classes));
    return out;
}

}  // namespace

plan::StageKind faithfulness_stage()
{
    return {"ecg.faithfulness", 2, run};
}

}  // namespace ablatrix::ecg
