#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <ablatrix/plan/graph.hpp>
#include <ablatrix/plan/job.hpp>

#include "jobs/ecg/wiring.hpp"

namespace ablatrix::ecg {

/// The tasks that a run's texts come from.
struct TextTasks
{
    plan::TaskId rows{};  ///< rows under detection, as they are
    plan::TaskId text{};  ///< the same with their markers
    plan::TaskId labels{};
    std::optional<plan::TaskId> evaluation;               ///< nothing: nobody trains again
    std::optional<plan::TaskId> pairs, evaluation_pairs;  ///< for networks that read the table's pairs
};

/// The part of a run that makes vectors of texts and trains classifiers, whatever the kinds of embedder and classifier.
class Learning
{
  public:
    /// Adds the vectors of the rows, the classifier of all rows and its cross-validation.
    Learning(WiringInput const& input, TextTasks texts);

    plan::TaskId vectors() const noexcept { return vectors_; }
    plan::TaskId dynamics() const noexcept { return dynamics_; }  ///< "train" or "finetune"
    plan::TaskId crossval() const noexcept { return crossval_; }

    /// Training on what \p cleaned leaves, and predictions of the evaluation texts. A network that is \p trained_on_all
    /// rows answers \p questions (faithfulness_texts) as well.
    plan::TaskId add_retraining(plan::TaskId cleaned, bool trained_on_all, plan::TaskId questions);
    /// To be called after every add_retraining().
    plan::TaskId add_faithfulness(plan::TaskId questions);
    /// Rows that checkpoints cut, where there are checkpoints.
    std::vector<plan::ScalarOutput> add_truncation();

  private:
    plan::TaskId add(std::string const& kind, plan::Params params, std::vector<plan::TaskInput> inputs, double cost);
    plan::Params seeded() const;
    plan::Params training() const;
    plan::Params finetuning() const;
    plan::Params probing() const;
    bool finetunes() const { return p_.classifier.kind == "finetune"; }
    bool probes() const { return p_.classifier.kind == "probe"; }
    double training_cost() const;
    std::vector<plan::TaskInput> with_pairs(std::vector<plan::TaskInput> inputs) const;
    plan::TaskId add_lsa();
    plan::TaskId add_hf_embed(std::vector<plan::TaskInput> inputs, double size);
    plan::TaskId add_vectors();
    plan::TaskId add_classifier_view(plan::TaskId texts, std::optional<plan::TaskId> pairs, double size);
    void add_finetuning();

    Parameters const& p_;
    Checkpoint const* embedder_;
    Checkpoint const* classifier_;
    plan::Graph& graph_;
    TextTasks texts_;
    double n_, test_rows_;
    plan::TaskId vectors_{};          // of the embedder
    plan::TaskId classifier_rows_{};  // what a softmax regression reads
    plan::TaskId dynamics_{}, crossval_{};
    std::optional<plan::TaskId> evaluation_view_, answers_;
};

}  // namespace ablatrix::ecg
