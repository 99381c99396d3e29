#include <ablatrix/nn/softmax_regression.hpp>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/random.hpp>

#include "detail/softmax_gradient.hpp"
#include "detail/threads.hpp"

namespace ablatrix::nn {
namespace {

constexpr double beta1 = 0.9;
constexpr double beta2 = 0.999;
constexpr double adam_epsilon = 1e-8;
constexpr double initial_spread = 0.02;  ///< standard deviation of a fresh head's weights, as in RoBERTa

/// A tensor that borrows \p values.
at::Tensor borrow(std::span<float const> values, at::IntArrayRef shape)
{
    return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);  // never written through
}

std::vector<float> copy_out(at::Tensor const& tensor)
{
    auto const packed = tensor.contiguous();
    auto const* data = packed.data_ptr<float>();
    return {data, data + packed.numel()};
}

/// z_y - max of the other logits, [b]
at::Tensor margins(at::Tensor const& logits, at::Tensor const& is_label)
{
    auto const own = logits.masked_select(is_label);
    auto const other = logits.masked_fill(is_label, -std::numeric_limits<float>::infinity()).amax(1);
    return own - other;
}

/// AdamW (Loshchilov and Hutter 2019) for one matrix whose last column, the bias, does not decay.
class AdamW
{
  public:
    explicit AdamW(at::Tensor const& theta) : first_(at::zeros_like(theta)), second_(at::zeros_like(theta)) {}

    void step(at::Tensor& theta, at::Tensor const& gradient, double learning_rate, double weight_decay)
    {
        ++steps_;
        theta.narrow(1, 0, theta.size(1) - 1).mul_(1 - learning_rate * weight_decay);
        first_.mul_(beta1).add_(gradient, 1 - beta1);
        second_.mul_(beta2).addcmul_(gradient, gradient, 1 - beta2);
        double const correction1 = 1 - std::pow(beta1, steps_);
        double const correction2 = 1 - std::pow(beta2, steps_);
        auto const scale = second_.sqrt().div_(std::sqrt(correction2)).add_(adam_epsilon);
        theta.addcdiv_(first_, scale, -learning_rate / correction1);
    }

  private:
    at::Tensor first_;
    at::Tensor second_;
    int steps_ = 0;
};

/// Linear from 0 to 1 over the warm-up, then linear to 0 after the last step.
double schedule(std::int64_t step, std::int64_t steps, double warmup_fraction)
{
    auto const warmup = static_cast<std::int64_t>(std::ceil(warmup_fraction * static_cast<double>(steps)));
    if (step < warmup) return static_cast<double>(step + 1) / static_cast<double>(warmup);
    return static_cast<double>(steps - step) / static_cast<double>(std::max<std::int64_t>(1, steps - warmup));
}

void check(std::span<float const> features, std::int64_t dim, std::span<std::int32_t const> labels,
           std::int32_t classes, std::span<float const> weights, SoftmaxRegressionOptions const& options)
{
    ABLATRIX_EXPECT(dim > 0 && features.size() == labels.size() * static_cast<std::size_t>(dim));
    ABLATRIX_EXPECT(weights.empty() || weights.size() == labels.size());
    ABLATRIX_VALIDATE(!labels.empty(), "no rows to train on (softmax regression). Keep at least one row");
    ABLATRIX_VALIDATE(classes >= 2, "one class only (softmax regression). Classification needs two or more");
    ABLATRIX_VALIDATE(
        options.epochs >= 1 && options.batch >= 1 && options.learning_rate > 0 && options.weight_decay >= 0,
        "epochs, batch and learning_rate must be positive, weight_decay not negative (softmax regression). "
        "Check the classifier's parameters");
    for (auto const label : labels) {
        ABLATRIX_VALIDATE(label >= 0 && label < classes, "label " + std::to_string(label) + " outside [0, " +
                                                             std::to_string(classes) +
                                                             ") (softmax regression). Check the labels");
    }
    for (auto const weight : weights) {
        ABLATRIX_VALIDATE(weight >= 0 && std::isfinite(weight),
                          "a row weight is negative or not finite (softmax regression). Use weights of 0 or more");
    }
}

class Trainer
{
  public:
    Trainer(std::span<float const> features, std::int64_t dim, std::span<std::int32_t const> labels,
            std::int32_t classes, std::span<float const> weights, SoftmaxRegressionOptions const& options,
            TrainingSeed seed)
        : n_(static_cast<std::int64_t>(labels.size())), dim_(dim), classes_(classes), options_(options), seed_(seed)
    {
        inputs_ = at::cat({borrow(features, {n_, dim}), at::ones({n_, 1}, at::kFloat)}, 1);
        one_hot_ = at::zeros({n_, classes}, at::kFloat);
        auto* one_hot = one_hot_.data_ptr<float>();
        for (std::int64_t i = 0; i < n_; ++i)
            one_hot[i * classes + labels[static_cast<std::size_t>(i)]] = 1;
        weight_ = weights.empty() ? at::ones({n_, 1}, at::kFloat) : borrow(weights, {n_, 1}).clone();
        theta_ = fresh_head();
    }

    TrainingDynamics run(bool record)
    {
        TrainingDynamics out;
        AdamW optimiser(theta_);
        for (int epoch = 0; epoch < options_.epochs; ++epoch) {
            auto const train_margin = train_epoch(epoch, optimiser);
            if (!record) continue;
            auto const logits = at::mm(inputs_, theta_.t());
            append(out.train_margin, train_margin);
            append(out.eval_margin, margins(logits, one_hot_.to(at::kBool)));
            append(out.loss, losses(logits));
        }
        out.final_loss = losses(at::mm(inputs_, theta_.t())).to(at::kDouble).mean().item<double>();
        out.model.dim = dim_;
        out.model.classes = classes_;
        out.model.weight = copy_out(theta_.narrow(1, 0, dim_));
        out.model.bias = copy_out(theta_.select(1, dim_));
        ABLATRIX_VALIDATE(std::isfinite(out.final_loss),
                          "training diverged (softmax regression, loss " + std::to_string(out.final_loss) +
                              "). Lower learning_rate or check the features for values that are not finite");
        return out;
    }

  private:
    at::Tensor fresh_head() const
    {
        base::Stream stream(static_cast<std::uint64_t>(seed_.seed), "head_init", seed_.fold);
        auto theta = at::zeros({classes_, dim_ + 1}, at::kFloat);
        auto* values = theta.data_ptr<float>();
        for (std::int64_t c = 0; c < classes_; ++c) {
            for (std::int64_t d = 0; d < dim_; ++d) {
                values[c * (dim_ + 1) + d] = static_cast<float>(initial_spread * stream.normal());
            }
        }
        return theta;
    }

    at::Tensor batch_order(int epoch) const
    {
        base::Stream stream(static_cast<std::uint64_t>(seed_.seed), "batch_order",
                            (seed_.fold << 32U) + static_cast<std::uint64_t>(epoch));
        auto order = at::arange(n_, at::kLong);
        stream.shuffle(std::span<std::int64_t>(order.data_ptr<std::int64_t>(), static_cast<std::size_t>(n_)));
        return order;
    }

    /// The logit margins that the forward passes saw, [n]
    at::Tensor train_epoch(int epoch, AdamW& optimiser)
    {
        auto const order = batch_order(epoch);
        auto const inputs = inputs_.index_select(0, order);
        auto const one_hot = one_hot_.index_select(0, order);
        auto const weight = weight_.index_select(0, order);
        auto const batches = (n_ + options_.batch - 1) / options_.batch;
        std::vector<at::Tensor> seen;
        for (std::int64_t b = 0; b < batches; ++b) {
            auto const begin = b * options_.batch;
            auto const count = std::min<std::int64_t>(options_.batch, n_ - begin);
            auto const batch_weight = weight.narrow(0, begin, count);
            double const total = batch_weight.sum().item<double>();
            auto const share = total > 0 ? batch_weight / total : batch_weight;
            auto pass =
                detail::softmax_pass(inputs.narrow(0, begin, count), one_hot.narrow(0, begin, count), share, theta_);
            seen.push_back(std::move(pass.logits));
            if (total > 0) update(pass.gradient, optimiser, epoch * batches + b, options_.epochs * batches);
        }
        auto const by_position = margins(at::cat(seen), one_hot.to(at::kBool));
        return at::empty_like(by_position).index_copy_(0, order, by_position);
    }

    void update(at::Tensor& gradient, AdamW& optimiser, std::int64_t step, std::int64_t steps)
    {
        double const norm = gradient.norm().item<double>();
        if (norm > options_.gradient_clip) gradient.mul_(options_.gradient_clip / norm);
        optimiser.step(theta_, gradient, options_.learning_rate * schedule(step, steps, options_.warmup_fraction),
                       options_.weight_decay);
    }

    /// Cross-entropy of each row, [n]
    at::Tensor losses(at::Tensor const& logits) const
    {
        return -at::log_softmax(logits, 1).masked_select(one_hot_.to(at::kBool));
    }

    static void append(std::vector<float>& to, at::Tensor const& row)
    {
        auto const* data = row.data_ptr<float>();
        to.insert(to.end(), data, data + row.numel());
    }

    std::int64_t n_;
    std::int64_t dim_;
    std::int32_t classes_;
    SoftmaxRegressionOptions options_;
    TrainingSeed seed_;
    at::Tensor inputs_;   ///< [n x (d + 1)], last column 1
    at::Tensor one_hot_;  ///< [n x C]
    at::Tensor weight_;   ///< [n x 1]
    at::Tensor theta_;    ///< [C x (d + 1)], last column the bias
};

at::Tensor logits_of(SoftmaxModel const& model, std::span<float const> features)
{
    ABLATRIX_EXPECT(model.dim > 0 && features.size() % static_cast<std::size_t>(model.dim) == 0);
    auto const n = static_cast<std::int64_t>(features.size()) / model.dim;
    return at::addmm(borrow(model.bias, {model.classes}), borrow(features, {n, model.dim}),
                     borrow(model.weight, {model.classes, model.dim}).t());
}

}  // namespace

TrainingDynamics train_softmax_regression(std::span<float const> features, std::int64_t dim,
                                          std::span<std::int32_t const> labels, std::int32_t classes,
                                          std::span<float const> weights, SoftmaxRegressionOptions const& options,
                                          TrainingSeed seed, bool record_dynamics)
{
    check(features, dim, labels, classes, weights, options);
    detail::Threads const guard(1);
    c10::InferenceMode const inference;
    return Trainer(features, dim, labels, classes, weights, options, seed).run(record_dynamics);
}

std::vector<float> logits(SoftmaxModel const& model, std::span<float const> features)
{
    detail::Threads const guard(1);
    c10::InferenceMode const inference;
    return copy_out(logits_of(model, features));
}

std::vector<float> probabilities(SoftmaxModel const& model, std::span<float const> features)
{
    detail::Threads const guard(1);
    c10::InferenceMode const inference;
    return copy_out(at::softmax(logits_of(model, features), 1));
}

}  // namespace ablatrix::nn
