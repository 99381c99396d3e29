#include "jobs/ecg/learning.hpp"

#include <utility>

#include "jobs/ecg/encoders.hpp"

namespace ablatrix::ecg {

using plan::Params;
using plan::TaskId;
using plan::TaskInput;

Learning::Learning(WiringInput const& input, TextTasks texts)
    : p_(input.parameters),
      embedder_(input.embedder),
      classifier_(input.classifier),
      graph_(input.graph),
      texts_(std::move(texts)),
      n_(static_cast<double>(input.sizes.train)),
      test_rows_(static_cast<double>(input.sizes.test))
{
    vectors_ = add_vectors();
    if (finetunes()) {
        add_finetuning();
        return;
    }
    classifier_rows_ = probes() ? add("probe_states", probing(), with_pairs({{"text", texts_.text}}), n_) : vectors_;
    std::vector<TaskInput> const inputs{{"vectors", classifier_rows_}, {"labels", texts_.labels}};
    dynamics_ = add("train", training(), inputs, n_);
    crossval_ = add("crossval", training().set("folds", p_.classifier.folds), inputs,
                    n_ * static_cast<double>(p_.classifier.folds - 1));
    if (texts_.evaluation)
        evaluation_view_ = add_classifier_view(*texts_.evaluation, texts_.evaluation_pairs, test_rows_);
}

TaskId Learning::add(std::string const& kind, Params params, std::vector<TaskInput> inputs, double cost)
{
    return graph_.add("ecg." + kind, std::move(params), std::move(inputs), cost);
}

// --- parameters -----------------------------------------------------------------------------------------------------

Params Learning::seeded() const
{
    return Params{}.set("seed", p_.seed);
}

/// The softmax regression's recipe.
Params Learning::training() const
{
    return seeded()
        .set("epochs", p_.classifier.epochs)
        .set("batch", p_.classifier.batch)
        .set("learning_rate", p_.classifier.learning_rate)
        .set("weight_decay", p_.classifier.weight_decay);
}

Params Learning::finetuning() const
{
    auto const& recipe = p_.classifier.finetune;
    auto params = seeded()
                      .set("epochs", recipe.epochs)
                      .set("batch", recipe.batch)
                      .set("learning_rate", recipe.learning_rate)
                      .set("weight_decay", recipe.weight_decay)
                      .set("max_length", p_.classifier.max_length);
    return set_model(params, *classifier_);
}

Params Learning::probing() const
{
    auto params = Params{}.set("max_length", p_.classifier.max_length);
    return set_model(params, *classifier_);
}

double Learning::training_cost() const
{
    return n_ * static_cast<double>(p_.classifier.finetune.epochs);
}

/// Inputs of a stage whose network reads the rows' texts: where to cut them if they are pairs.
std::vector<TaskInput> Learning::with_pairs(std::vector<TaskInput> inputs) const
{
    if (texts_.pairs) inputs.push_back({"pairs", *texts_.pairs});
    return inputs;
}

// --- vectors --------------------------------------------------------------------------------------------------------

TaskId Learning::add_lsa()
{
    return add("lsa",
               Params{}
                   .set("dim", p_.embedder.dim)
                   .set("max_features", p_.embedder.max_features)
                   .set("min_documents", p_.embedder.min_documents)
                   .set("bigrams", p_.embedder.bigrams),
               {{"text", texts_.text}}, n_);
}

TaskId Learning::add_hf_embed(std::vector<TaskInput> inputs, double size)
{
    Params params;
    return add("hf_embed", set_embedder(params, *embedder_), std::move(inputs), size);
}

/// Vectors of the rows under detection. Marked rows are few: the others are embedded once for all kinds of noise.
TaskId Learning::add_vectors()
{
    if (embedder_ == nullptr) return add_lsa();
    auto const plain = add_hf_embed({{"text", texts_.rows}}, n_);
    if (texts_.text == texts_.rows) return plain;
    return add_hf_embed({{"text", texts_.text}, {"known_text", texts_.rows}, {"known", plain}}, n_);
}

/// What the softmax regression reads of other texts, string arrays "text/<name>" of \p texts.
TaskId Learning::add_classifier_view(TaskId texts, std::optional<TaskId> pairs, double size)
{
    if (probes()) {
        std::vector<TaskInput> inputs{{"text", texts}, {"fitted", classifier_rows_}};
        if (pairs) inputs.push_back({"pairs", *pairs});
        return add("probe_states", probing(), std::move(inputs), size);
    }
    if (embedder_ == nullptr) return add("lsa_transform", {}, {{"model", vectors_}, {"text", texts}}, size);
    // Half of the questions are rows under detection as they are.
    return add_hf_embed({{"text", texts}, {"known_text", texts_.text}, {"known", vectors_}}, size);
}

// --- classifiers ----------------------------------------------------------------------------------------------------

void Learning::add_finetuning()
{
    auto const inputs = with_pairs({{"text", texts_.text}, {"labels", texts_.labels}});
    dynamics_ = add("finetune", finetuning(), inputs, training_cost());
    std::vector<TaskInput> folds;  // a task each, so that workers share them
    for (std::int64_t fold = 0; fold < p_.classifier.folds; ++fold) {
        auto params = finetuning().set("fold", fold).set("folds", p_.classifier.folds);
        folds.push_back({"fold" + std::to_string(fold), add("finetune_fold", params, inputs, training_cost())});
    }
    crossval_ = add("join_folds", {}, std::move(folds), n_);
}

TaskId Learning::add_retraining(TaskId cleaned, bool trained_on_all, TaskId questions)
{
    if (!finetunes()) {
        return add("retrain", training(),
                   {{"cleaned", cleaned}, {"vectors", classifier_rows_}, {"evaluation", *evaluation_view_}}, n_);
    }
    auto inputs = with_pairs({{"cleaned", cleaned}, {"text", texts_.text}, {"evaluation", *texts_.evaluation}});
    if (texts_.evaluation_pairs) inputs.push_back({"evaluation_pairs", *texts_.evaluation_pairs});
    if (trained_on_all) inputs.push_back({"questions", questions});
    auto const retrained = add("finetune_retrain", finetuning(), std::move(inputs), training_cost());
    if (trained_on_all) answers_ = retrained;
    return retrained;
}

TaskId Learning::add_faithfulness(TaskId questions)
{
    if (!finetunes()) {
        auto const pairs = texts_.pairs ? std::optional{questions} : std::nullopt;
        auto const view = add_classifier_view(questions, pairs, n_);
        return add("faithfulness", {}, {{"vectors", view}, {"dynamics", dynamics_}}, n_);
    }
    if (!answers_) {
        // Nobody trains on all observed labels for the test rows' sake.
        auto params = seeded().set("method", "none").set("fraction", 0.0).set("action", "remove");
        auto const cleaned = add("clean", std::move(params), {{"labels", texts_.labels}}, n_);
        auto inputs = with_pairs({{"cleaned", cleaned}, {"text", texts_.text}, {"questions", questions}});
        answers_ = add("finetune_retrain", finetuning(), std::move(inputs), training_cost());
    }
    return add("faithfulness", {}, {{"answers", *answers_}}, n_);
}

std::vector<plan::ScalarOutput> Learning::add_truncation()
{
    std::vector<plan::ScalarOutput> out;
    auto const count = [&](std::string const& reader, Checkpoint const& checkpoint, std::int64_t max_length,
                           std::vector<TaskInput> inputs) {
        auto params = Params{}.set("max_length", max_length);
        auto const counted = add("truncation", set_model(params, checkpoint), std::move(inputs), n_);
        for (auto const* const name : {"truncated_rows", "truncated_markers"})
            out.push_back({std::string{name} + "/" + reader, counted, name});
    };
    if (embedder_ != nullptr) count("embedder", *embedder_, embedder_->embedding.max_length, {{"text", texts_.text}});
    if (classifier_ != nullptr)
        count("classifier", *classifier_, p_.classifier.max_length, with_pairs({{"text", texts_.text}}));
    return out;
}

}  // namespace ablatrix::ecg
