#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/parallel.hpp>
#include <ablatrix/nn/softmax_regression.hpp>

#include "jobs/ecg/stages/classifier.hpp"
#include "jobs/ecg/stages/stages.hpp"

namespace ablatrix::ecg {
namespace {

struct Task
{
    Rows rows;
    std::span<std::int32_t const> labels;
    std::int32_t classes;
    nn::SoftmaxRegressionOptions options;
    std::int64_t seed;
};

/// Trains on the other folds and writes the probabilities of the rows of \p held_out.
void predict_fold(Task const& task, std::span<std::int32_t const> fold, std::int32_t held_out, std::span<float> probs)
{
    std::vector<float> inputs, questions;
    std::vector<std::int32_t> labels;
    for (std::int64_t i = 0; i < task.rows.count; ++i) {
        auto const row = task.rows.row(i);
        bool const held = fold[static_cast<std::size_t>(i)] == held_out;
        auto& to = held ? questions : inputs;
        to.insert(to.end(), row.begin(), row.end());
        if (!held) labels.push_back(task.labels[static_cast<std::size_t>(i)]);
    }
    // Fold 0 of the named streams belongs to the model that trains on all rows.
    nn::TrainingSeed const seed{task.seed, static_cast<std::uint64_t>(held_out) + 1};
    auto const trained =
        nn::train_softmax_regression(inputs, task.rows.dim, labels, task.classes, {}, task.options, seed, false);
    auto const answers = nn::probabilities(trained.model, questions);

    auto const classes = static_cast<std::size_t>(task.classes);
    auto answer = answers.begin();
    for (std::size_t i = 0; i < fold.size(); ++i) {
        if (fold[i] != held_out) continue;
        for (std::size_t c = 0; c < classes; ++c)
            probs[i * classes + c] = *answer++;
    }
    ABLATRIX_ASSERT(answer == answers.end());
}

void check_rows_sum_to_one(std::span<float const> probs, std::int32_t classes)
{
    auto const width = static_cast<std::size_t>(classes);
    for (std::size_t begin = 0; begin < probs.size(); begin += width) {
        double sum = 0;
        for (auto const p : probs.subspan(begin, width))
            sum += double{p};
        ABLATRIX_ASSERT(std::abs(sum - 1) <= 1e-5);  // a row that no fold filled is -1 per class
    }
}

base::Bundle run(plan::StageContext const& context)
{
    auto const& labels = context.input("labels");
    auto const folds = context.params().get_int("folds");
    Task const task{read_rows(context.input("vectors"), "vectors"), labels.get<std::int32_t>("observed"),
                    read_classes(labels), read_training_options(context.params()),
                    context.params().get<std::int64_t>("seed")};
    ABLATRIX_VALIDATE(folds >= 2 && folds <= task.rows.count,
                      std::to_string(folds) + " folds of " + std::to_string(task.rows.count) +
                          " rows (cross-validation). Use at least 2 folds and as many rows");

    auto fold = stratified_folds(task.labels, task.classes, folds, task.seed, "folds");
    std::vector<float> probs(task.labels.size() * static_cast<std::size_t>(task.classes), -1.0F);
    base::parallel_for(static_cast<std::size_t>(folds), context.threads(),
                       [&](std::size_t f) { predict_fold(task, fold, static_cast<std::int32_t>(f), probs); });
    check_rows_sum_to_one(probs, task.classes);

    base::Bundle out;
    out.put("probs", std::move(probs), {task.rows.count, task.classes});
    out.put("fold", std::move(fold));
    return out;
}

}  // namespace

plan::StageKind crossval_stage()
{
    return {"ecg.crossval", 1, run};
}

}  // namespace ablatrix::ecg
