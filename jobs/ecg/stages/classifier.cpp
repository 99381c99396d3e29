#include "jobs/ecg/stages/classifier.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

namespace ablatrix::ecg {

nn::SoftmaxRegressionOptions read_training_options(plan::Params const& params)
{
    nn::SoftmaxRegressionOptions options;
    options.epochs = params.get_int("epochs");
    options.batch = params.get_int("batch");
    options.learning_rate = params.get<double>("learning_rate");
    options.weight_decay = params.get<double>("weight_decay");
    return options;
}

Rows read_rows(base::Bundle const& bundle, std::string const& name)
{
    auto const& shape = bundle.shape(name);
    ABLATRIX_EXPECT(shape.size() == 2);
    return {bundle.get<float>(name), shape[0], shape[1]};
}

std::int32_t read_classes(base::Bundle const& labels)
{
    return static_cast<std::int32_t>(labels.scalar("classes"));
}

std::vector<std::int32_t> stratified_folds(std::span<std::int32_t const> labels, std::int32_t classes,
                                           std::int32_t folds, std::int64_t seed, std::string_view purpose)
{
    std::vector<std::int32_t> fold(labels.size(), -1);
    std::int32_t next = 0;
    for (std::int32_t c = 0; c < classes; ++c) {
        std::vector<std::size_t> members;
        for (std::size_t i = 0; i < labels.size(); ++i) {
            if (labels[i] == c) members.push_back(i);
        }
        base::Stream(static_cast<std::uint64_t>(seed), purpose, static_cast<std::uint64_t>(c))
            .shuffle(std::span(members));
        for (auto const i : members) {
            fold[i] = next;
            next = (next + 1) % folds;
        }
    }
    return fold;
}

std::vector<double> area_under_margin(base::Bundle const& dynamics)
{
    auto const margins = read_rows(dynamics, "train_margin");
    std::vector<double> area(static_cast<std::size_t>(margins.dim));
    for (std::int64_t epoch = 0; epoch < margins.count; ++epoch) {
        auto const row = margins.row(epoch);
        for (std::size_t i = 0; i < area.size(); ++i)
            area[i] += double{row[i]};
    }
    for (auto& value : area)
        value /= static_cast<double>(margins.count);
    return area;
}

ClassProbabilities read_probabilities(base::Bundle const& bundle)
{
    auto const rows = read_rows(bundle, "probs");
    ClassProbabilities out;
    out.classes = static_cast<std::int32_t>(rows.dim);
    out.values.reserve(rows.values.size());
    for (std::int64_t i = 0; i < rows.count; ++i) {
        double sum = 0;
        for (float const p : rows.row(i))
            sum += double{p};
        for (float const p : rows.row(i))
            out.values.push_back(double{p} / sum);
    }
    return out;
}

ClassProbabilities softmax(Rows const& logits)
{
    ClassProbabilities out;
    out.classes = static_cast<std::int32_t>(logits.dim);
    out.values.reserve(logits.values.size());
    for (std::int64_t i = 0; i < logits.count; ++i) {
        auto const row = logits.row(i);
        double const highest = *std::max_element(row.begin(), row.end());
        double sum = 0;
        for (float const logit : row)
            sum += std::exp(double{logit} - highest);
        for (float const logit : row)
            out.values.push_back(std::exp(double{logit} - highest) / sum);
    }
    return out;
}

std::vector<float> as_floats(ClassProbabilities const& probabilities)
{
    return {probabilities.values.begin(), probabilities.values.end()};
}

void put_predictions(std::vector<float> logits, std::int32_t classes, std::string const& variant, base::Bundle& out)
{
    auto const rows = static_cast<std::int64_t>(logits.size()) / classes;
    auto const probabilities = softmax({logits, rows, classes});
    std::vector<std::int32_t> predicted;
    std::vector<double> confidence;
    for (std::int64_t i = 0; i < rows; ++i) {
        auto const begin = logits.begin() + i * classes;
        auto const best = static_cast<std::int32_t>(std::max_element(begin, begin + classes) - begin);
        predicted.push_back(best);
        confidence.push_back(probabilities.at(static_cast<std::size_t>(i), best));
    }
    // Losses follow from logits without clipping.
    out.put("prediction/" + variant, std::move(predicted));
    out.put("confidence/prediction/" + variant, std::move(confidence));
    out.put("logits/prediction/" + variant, std::move(logits), {rows, classes});
}

}  // namespace ablatrix::ecg
