#include "detail/fine_tune.hpp"

#include <ATen/ATen.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <utility>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/base/random.hpp>

#include "detail/adamw.hpp"
#include "detail/arena.hpp"
#include "detail/row_groups.hpp"
#include "detail/schedule.hpp"
#include "detail/transfer.hpp"
#include "detail/unfinished_training.hpp"

namespace ablatrix::nn::detail {
namespace {

/// Tokens of a training pass when the caller leaves the choice: bounds memory, rarely cuts a batch.
constexpr std::int64_t tokens_of_a_pass = 16384;
/// Steps between looks at the loss on a device, where each look waits for everything before it.
constexpr std::size_t steps_between_looks = 16;

void append(std::vector<float>& to, at::Tensor const& values)
{
    auto const from = on_host(values);
    to.insert(to.end(), from.begin(), from.end());
}

void check(LabelledRows const& rows, std::int64_t classes, FineTuneOptions const& options)
{
    auto const n = rows.labels.size();
    ABLATRIX_EXPECT(rows.tokens.rows() == n && (rows.weights.empty() || rows.weights.size() == n));
    ABLATRIX_VALIDATE(n > 0, "no rows to train on (fine-tuning). Keep at least one row");
    ABLATRIX_VALIDATE(options.epochs >= 1 && options.batch >= 1 && options.accumulation >= 1 &&
                          options.micro_batch >= 0 && options.learning_rate > 0 && options.weight_decay >= 0 &&
                          options.gradient_clip >= 0,
                      "epochs, batch, accumulation and learning_rate must be positive, weight_decay, gradient_clip and "
                      "micro_batch not negative (fine-tuning). Check the classifier's parameters");
    for (std::size_t i = 0; i < n; ++i) {
        ABLATRIX_VALIDATE(rows.labels[i] >= 0 && rows.labels[i] < classes,
                          "label " + std::to_string(rows.labels[i]) + " outside [0, " + std::to_string(classes) +
                              ") (fine-tuning, row " + std::to_string(i) + "). Check the labels");
    }
    for (auto const weight : rows.weights) {
        ABLATRIX_VALIDATE(weight >= 0 && std::isfinite(weight),
                          "a row weight is negative or not finite (fine-tuning). Use weights of 0 or more");
    }
}

/// \p count rows of one token: what a head alone needs to know of a batch.
text::TokenRows rows_of_one_token(std::size_t count)
{
    text::TokenRows out;
    for (std::size_t i = 1; i <= count; ++i)
        out.row_begin.push_back(static_cast<std::int64_t>(i));
    out.id.assign(count, 0);
    out.type.assign(count, 0);
    return out;
}

template <typename T>
base::Fingerprint fingerprint_of(std::vector<T> const& values)
{
    return base::fingerprint_of(std::as_bytes(std::span(values)));
}

/// Of all that a training's result depends on, apart from the network.
base::Hasher settings_of(LabelledRows const& rows, FineTuneOptions const& options, FineTuneSeed seed)
{
    base::Hasher out;
    for (auto const number :
         {options.epochs, options.batch, options.accumulation, options.max_length, options.micro_batch,
          static_cast<int>(options.dropout), static_cast<int>(options.trained)})
        out.add(static_cast<std::uint64_t>(number));
    for (auto const number : {options.learning_rate, options.weight_decay, options.beta1, options.beta2,
                              options.epsilon, options.gradient_clip, options.warmup_ratio})
        out.add(std::bit_cast<std::uint64_t>(number));
    out.add(options.schedule).add(static_cast<std::uint64_t>(seed.seed)).add(seed.fold);
    out.add(fingerprint_of(rows.tokens.id)).add(fingerprint_of(rows.tokens.type));
    out.add(fingerprint_of(rows.tokens.row_begin));
    out.add(std::as_bytes(rows.labels)).add(std::as_bytes(rows.weights));
    return out;
}

class FineTuner
{
  public:
    FineTuner(ClassifierModules const& modules, LabelledRows const& rows, FineTuneOptions const& options,
              FineTuneSeed seed, FineTuneRun const& run)
        : modules_(modules), rows_(rows), options_(options), seed_(seed), run_(run), n_(rows.labels.size())
    {
        auto const to_device = [&modules](at::Tensor const& host) { return host.to(modules.device); };
        std::vector<std::int64_t> const labels(rows.labels.begin(), rows.labels.end());
        labels_ = to_device(at::tensor(labels, at::kLong)).unsqueeze(1);
        weights_ = rows.weights.empty() ? std::vector<float>(n_, 1.0f)
                                        : std::vector<float>(rows.weights.begin(), rows.weights.end());
        weight_ = to_device(at::tensor(weights_)).unsqueeze(1);
        if (options.trained == Trained::head) {
            frozen_ = evaluate(modules, rows.tokens, true).sentences;
            examples_ = rows_of_one_token(n_);
        }
    }

    FineTuneDynamics run()
    {
        ParameterArena arena(trained_parameters());
        AdamW optimiser(arena, {.beta1 = options_.beta1,
                                .beta2 = options_.beta2,
                                .epsilon = options_.epsilon,
                                .weight_decay = options_.weight_decay,
                                .clip = options_.gradient_clip});
        steps_per_epoch_ = static_cast<std::int64_t>((n_ + window() - 1) / window());
        Schedule const schedule(options_.schedule, options_.learning_rate, options_.warmup_ratio,
                                steps_per_epoch_ * options_.epochs);
        seen_ = at::zeros({static_cast<std::int64_t>(n_), modules_.classes}, weight_.options());
        state_.tensors = {{"parameters", arena.values},
                          {"adamw.first", optimiser.state().first},
                          {"adamw.second", optimiser.state().second},
                          {"seen_logits", seen_}};
        UnfinishedTraining unfinished(run_.unfinished, run_.save_every_s, identity(arena));
        if (unfinished.restore(state_)) optimiser.state().updates = state_.updates;
        auto& out = state_.dynamics;
        auto const epochs_done = static_cast<int>(out.epoch_loss.size());
        ABLATRIX_VALIDATE(epochs_done < options_.epochs && state_.steps >= epochs_done * steps_per_epoch_ &&
                              state_.steps <= (epochs_done + 1) * steps_per_epoch_,
                          "'" + run_.unfinished.string() + "' has impossible counts (fine-tuning). Delete it");
        for (int epoch = epochs_done; epoch < options_.epochs; ++epoch) {
            train_epoch(epoch, optimiser, schedule, unfinished);
            out.epoch_loss.push_back(mean_loss(seen_));
            if (!run_.record_dynamics) continue;
            auto const logits = evaluated();
            append(out.train_margin, margins(seen_));
            append(out.eval_margin, margins(logits));
            append(out.loss, losses(logits));
            out.final_loss = ordered_sum(losses(logits)) / static_cast<double>(n_);
        }
        ABLATRIX_VALIDATE(std::isfinite(arena.values.sum(at::kDouble).item<double>()),
                          "parameters are not finite after the last step (fine-tuning). Lower learning_rate, keep "
                          "gradient_clip on, or check the checkpoint");
        return out;
    }

  private:
    std::vector<NamedParameter> trained_parameters() const
    {
        std::vector<NamedParameter> out;
        auto const add = [&out](torch::nn::Module const& module, bool trained) {
            for (auto const& item : module.named_parameters()) {
                item.value().requires_grad_(trained);
                if (trained) out.push_back({item.key(), item.value()});
            }
        };
        add(modules_.backbone, options_.trained == Trained::all);
        add(modules_.head, true);
        return out;
    }

    /// Rows of an optimiser step.
    std::size_t window() const
    {
        return static_cast<std::size_t>(options_.batch) * static_cast<std::size_t>(options_.accumulation);
    }

    /// Of this training, for its unfinished state.
    base::Fingerprint identity(ParameterArena const& arena) const
    {
        if (run_.unfinished.empty()) return {};
        auto out = settings_of(rows_, options_, seed_);
        out.add(static_cast<std::uint64_t>(run_.record_dynamics))
            .add(static_cast<std::uint64_t>(modules_.precision))
            .add(at::DeviceTypeName(modules_.device.type()))
            .add(modules_.config)
            .add(fingerprint_of(on_host(arena.values)));
        if (frozen_.defined()) out.add(fingerprint_of(on_host(frozen_)));
        return out.finish();
    }

    /// What is left of it.
    void train_epoch(int epoch, AdamW& optimiser, Schedule const& schedule, UnfinishedTraining& unfinished)
    {
        auto const order = batch_order(n_, seed_, epoch);
        auto const batch = static_cast<std::size_t>(options_.batch);
        auto const first_step = epoch * steps_per_epoch_;
        for (auto& step = state_.steps; step < first_step + steps_per_epoch_;) {
            auto const begin = static_cast<std::size_t>(step - first_step) * window();
            auto const rows = std::span(order).subspan(begin, std::min(window(), n_ - begin));
            double const total = weight_of(rows);
            Dropout const dropout = options_.dropout
                                        ? Dropout(static_cast<std::uint64_t>(seed_.seed), seed_.fold,
                                                  static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(step))
                                        : Dropout();
            at::Tensor loss = at::zeros({}, weight_.options());
            for (std::size_t first = 0; first < rows.size(); first += batch) {
                auto const members = rows.subspan(first, std::min(batch, rows.size() - first));
                for (auto const& group : micro_batches(members))
                    loss += pass(group, total, dropout);
            }
            if (total > 0) optimiser.step(schedule.rate(step));
            ++step;
            bool const stops = unfinished.keeps() && run_.must_stop && run_.must_stop();
            bool const saves = stops || unfinished.is_due();
            look({epoch, step, steps_per_epoch_ * options_.epochs, 0}, loss, saves || begin + window() >= n_);
            if (!saves) continue;
            state_.updates = optimiser.state().updates;
            unfinished.save(state_);
            if (stops && unfinished.keeps()) throw TrainingStopped{};
        }
    }

    double weight_of(std::span<std::size_t const> rows) const
    {
        double total = 0;
        for (auto const row : rows)
            total += weights_[row];
        return total;
    }

    std::vector<std::vector<std::size_t>> micro_batches(std::span<std::size_t const> rows) const
    {
        auto const most_rows = options_.micro_batch > 0 ? static_cast<std::size_t>(options_.micro_batch) : rows.size();
        auto const most_tokens = options_.micro_batch > 0 ? std::numeric_limits<std::int64_t>::max() : tokens_of_a_pass;
        return group_by_length(rows_.tokens, {rows.begin(), rows.end()}, most_rows, most_tokens,
                               modules_.backbone.pads(modules_.device));
    }

    /// Forward and backward: adds the gradient of sum_i w_i l_i / \p total, which it returns without gradient.
    at::Tensor pass(std::vector<std::size_t> const& group, double total, Dropout const& dropout)
    {
        c10::AutoGradMode const gradients(total > 0);
        auto const index = index_of(group, modules_.device);
        auto const logits = forward(group, index, dropout);
        seen_.index_copy_(0, index, logits.detach());
        c10::NoGradGuard const no_gradients;
        auto const labels = labels_.index_select(0, index);
        auto const log_p = at::log_softmax(logits, 1);
        if (total <= 0) return at::zeros({}, weight_.options());
        auto const share = weight_.index_select(0, index) / total;
        auto const one = at::ones({}, weight_.options()).expand(labels.sizes());
        auto const gradient = log_p.exp().scatter_add(1, labels, -one).mul_(share);
        logits.backward(gradient);
        return -(log_p.gather(1, labels) * share).sum();
    }

    at::Tensor forward(std::vector<std::size_t> const& group, at::Tensor const& index, Dropout const& dropout)
    {
        if (frozen_.defined())
            return modules_.head.logits(frozen_.index_select(0, index), make_batch(examples_, group, modules_.device),
                                        dropout);
        auto const batch = make_batch(rows_.tokens, group, modules_.device);
        return modules_.head.logits(modules_.backbone.sentence(batch, dropout), batch, dropout);
    }

    /// Reads the losses of the steps since the last look, when it is time to.
    void look(FineTuneProgress const& at, at::Tensor const& loss, bool now)
    {
        waiting_.emplace_back(at, loss);
        if (!now && !loss.is_cpu() && waiting_.size() < steps_between_looks) return;
        std::vector<at::Tensor> losses;
        for (auto const& [where, tensor] : waiting_)
            losses.push_back(tensor);
        auto const values = on_host(at::stack(losses));
        for (std::size_t i = 0; i < values.size(); ++i) {
            auto where = waiting_[i].first;
            where.loss = values[i];
            ABLATRIX_VALIDATE(std::isfinite(where.loss),
                              "the loss is not finite (fine-tuning, epoch " + std::to_string(where.epoch + 1) +
                                  ", step " + std::to_string(where.step) + " of " + std::to_string(where.steps) +
                                  "). Lower learning_rate, keep gradient_clip on, or check the checkpoint");
            if (run_.progress) run_.progress(where);
        }
        waiting_.clear();
    }

    at::Tensor evaluated()
    {
        if (!frozen_.defined()) return evaluate(modules_, rows_.tokens).logits;
        c10::NoGradGuard const no_gradients;
        return modules_.head.logits(frozen_, make_batch(examples_, all_rows(n_), modules_.device), Dropout());
    }

    /// Cross-entropy of each row, [n]
    at::Tensor losses(at::Tensor const& logits) const
    {
        return -at::log_softmax(logits, 1).gather(1, labels_).squeeze(1);
    }

    double mean_loss(at::Tensor const& logits) const
    {
        auto const total = weight_of(all_rows(n_));
        if (total <= 0) return 0;
        return ordered_sum(losses(logits) * weight_.squeeze(1)) / total;
    }

    /// z_y - max of the other logits, [n]
    at::Tensor margins(at::Tensor const& logits) const
    {
        auto const others = logits.scatter(1, labels_, -std::numeric_limits<float>::infinity());
        return logits.gather(1, labels_).squeeze(1) - others.amax(1);
    }

    ClassifierModules modules_;
    LabelledRows rows_;
    FineTuneOptions options_;
    FineTuneSeed seed_;
    FineTuneRun const& run_;
    std::size_t n_;
    at::Tensor labels_;           ///< [n x 1]
    at::Tensor weight_;           ///< [n x 1]
    std::vector<float> weights_;  ///< [n], on the host
    at::Tensor frozen_;           ///< [n x hidden], when the head alone is trained
    text::TokenRows examples_;    ///< n rows, then
    at::Tensor seen_;             ///< [n x classes] logits of the last training pass of each row
    TrainingState state_;
    std::int64_t steps_per_epoch_ = 0;
    std::vector<std::pair<FineTuneProgress, at::Tensor>> waiting_;
};

}  // namespace

std::vector<std::size_t> batch_order(std::size_t n, FineTuneSeed seed, int epoch)
{
    base::Stream stream(static_cast<std::uint64_t>(seed.seed), "batch_order",
                        (seed.fold << 32U) + static_cast<std::uint64_t>(epoch));
    auto order = all_rows(n);
    stream.shuffle(std::span(order));
    return order;
}

FineTuneDynamics fine_tune(ClassifierModules const& modules, LabelledRows const& rows, FineTuneOptions const& options,
                           FineTuneSeed seed, FineTuneRun const& run)
{
    check(rows, modules.classes, options);
    return FineTuner(modules, rows, options, seed, run).run();
}

}  // namespace ablatrix::nn::detail
