#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/bundle.hpp>
#include <ablatrix/nn/softmax_regression.hpp>
#include <ablatrix/plan/params.hpp>

/// \file
/// What the stages around the classifier share.

namespace ablatrix::ecg {

/// Parameters epochs, batch, learning_rate, weight_decay.
nn::SoftmaxRegressionOptions read_training_options(plan::Params const& params);

/// A borrowed row-major matrix.
struct Rows
{
    std::span<float const> values;
    std::int64_t count = 0;
    std::int64_t dim = 0;
    std::span<float const> row(std::int64_t i) const
    {
        return values.subspan(static_cast<std::size_t>(i * dim), static_cast<std::size_t>(dim));
    }
};
Rows read_rows(base::Bundle const& bundle, std::string const& name);

/// Classes as declared by the data, not as present in it.
std::int32_t read_classes(base::Bundle const& labels);

/// Fold of each row in [0, folds). Each class is shuffled by its stream (seed, purpose, class) and dealt round-robin
/// from where the class before it stopped: counts per class and fold, and sizes of folds, differ by one at most.
std::vector<std::int32_t> stratified_folds(std::span<std::int32_t const> labels, std::int32_t classes,
                                           std::int32_t folds, std::int64_t seed, std::string_view purpose);

/// Area under the margin of each row (Pleiss et al. 2020): the mean over epochs of the logit margin that training saw.
std::vector<double> area_under_margin(base::Bundle const& dynamics);

/// Class probabilities in double, each row divided by its sum, so that rounding cannot reorder scores that are equal on
/// paper.
struct ClassProbabilities
{
    std::int32_t classes = 0;
    std::vector<double> values;  ///< row-major [n x classes]

    std::size_t rows() const noexcept { return values.size() / static_cast<std::size_t>(classes); }
    double at(std::size_t i, std::int32_t c) const
    {
        return values[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(c)];
    }
};
ClassProbabilities read_probabilities(base::Bundle const& bundle);
/// Softmax of logits [n x classes], in double.
ClassProbabilities softmax(Rows const& logits);
std::vector<float> as_floats(ClassProbabilities const& probabilities);

/// Predictions of one variant of the evaluation texts: its \p logits [m x classes], the class of each row and how sure
/// the model is of it, as arrays "prediction/<variant>", "confidence/..." and "logits/...".
void put_predictions(std::vector<float> logits, std::int32_t classes, std::string const& variant, base::Bundle& out);

}  // namespace ablatrix::ecg
