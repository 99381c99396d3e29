#include "jobs/ecg/ecg_job.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/noise.hpp>

#include "jobs/ecg/checkpoints.hpp"
#include "jobs/ecg/parameters.hpp"
#include "jobs/ecg/paths.hpp"
#include "jobs/ecg/sources.hpp"
#include "jobs/ecg/stages/metric_names.hpp"
#include "jobs/ecg/stages/stages.hpp"
#include "jobs/ecg/wiring.hpp"

namespace ablatrix::ecg {
namespace {

constexpr std::int64_t largest_neighbourhood = 51;  // of the WANN baseline, ecg.md 6

/// Rows of the smallest training among all folds but one and what cleaning leaves of \p n rows, as far as this is known
/// without labels: how many rows the oracle takes out of natural noise is not.
std::int64_t fewest_trained(Parameters const& p, std::int64_t n)
{
    double cleaned = 0;
    // Reweighting takes one row out at most.
    if (p.cleaning.action != "reweight") {
        for (auto const& method : p.cleaning.methods) {
            auto const& fractions = p.cleaning.fractions;
            if (method == "oracle")
                cleaned = std::max(cleaned, p.noise.rate);
            else if (method != "none")
                cleaned = std::max(cleaned, *std::max_element(fractions.begin(), fractions.end()));
        }
    }
    auto const fold = (n + p.classifier.folds - 1) / p.classifier.folds;
    return n - std::max(fold, static_cast<std::int64_t>(std::floor(static_cast<double>(n) * cleaned + 1e-9)));
}

/// Sizes of everything a run works on, checked against the tables.
Sizes sizes_of(Parameters const& p, config::Node const& node, data::Dataset const& table,
               data::Dataset const* test_table)
{
    auto const fail = [&](std::string const& key, std::string const& problem, std::string const& way_out) {
        throw config::ConfigError(problem, mark_at(node, key), key, way_out);
    };
    Sizes sizes;
    sizes.reserve = reserve_size(table.size(), p.data.reserve_rows);
    sizes.held_out = test_table == nullptr ? p.data.test_rows : 0;
    auto const left = static_cast<std::int64_t>(table.size() - sizes.reserve) - sizes.held_out;
    if (left < 2 * p.classifier.folds) {
        fail("data.test_rows",
             "nothing is left to work on: the table has " + std::to_string(table.size()) + " rows, " +
                 std::to_string(sizes.reserve) + " are set aside for the explainer and " +
                 std::to_string(sizes.held_out) + " for the test",
             "Hold out fewer rows");
    }
    if (p.data.n_train > left) {
        fail("data.n_train",
             "data.n_train is " + std::to_string(p.data.n_train) + " but only " + std::to_string(left) +
                 " rows are left after the explainer's reserve and the test rows",
             "Take fewer rows, or 0 for all");
    }
    sizes.train = p.data.n_train == 0 ? left : p.data.n_train;
    if (sizes.train <= largest_neighbourhood) {
        fail("data.n_train",
             "only " + std::to_string(sizes.train) +
                 " rows are under detection, and the WANN baseline compares each with up to " +
                 std::to_string(largest_neighbourhood) + " others",
             "Take more rows, or hold out fewer");
    }
    if (sizes.train < 2 * p.classifier.folds) {
        fail("classifier.folds",
             "classifier.folds is " + std::to_string(p.classifier.folds) + " but only " + std::to_string(sizes.train) +
                 " rows are under detection",
             "Take two rows a fold at least");
    }
    auto const& recipe = p.classifier.finetune;
    auto const fewest = fewest_trained(p, sizes.train);
    if (p.classifier.kind == "finetune" && recipe.epochs == 1 && fewest <= recipe.batch) {
        fail("classifier.finetune.batch",
             "one batch of " + std::to_string(recipe.batch) + " holds all " + std::to_string(fewest) +
                 " rows of the smallest training (all folds but one, or what cleaning leaves), and the first step of "
                 "one epoch only warms up",
             "Take smaller batches, or more epochs");
    }
    if (p.graph.k >= sizes.train) {
        fail("graph.k",
             "graph.k is " + std::to_string(p.graph.k) + " but only " + std::to_string(sizes.train) +
                 " rows are compared",
             "It must be smaller than the number of rows");
    }
    sizes.test = test_table == nullptr ? sizes.held_out : static_cast<std::int64_t>(test_table->size());
    return sizes;
}

/// Values that the kinds of embedder and classifier do not read are shown as their defaults.
void canonicalise_encoders(Parameters const& p, config::Node& parameters)
{
    static config::Node const defaults = default_parameters();
    auto const reset = [&](std::vector<std::string> const& keys) {
        for (auto const& key : keys)
            parameters.assign(key, *defaults.find(key));
    };
    if (p.embedder.kind == "lsa") {
        reset({"embedder.model", "embedder.max_length", "explanation.embedder"});
    }
    else {
        reset({"embedder.dim", "embedder.max_features", "embedder.min_documents", "embedder.bigrams"});
        if (p.explanation.embedder == "same") reset({"explanation.dim"});
    }
    bool const linear = p.classifier.kind == "linear", finetune = p.classifier.kind == "finetune";
    if (linear) reset({"classifier.model", "classifier.max_length"});
    if (!finetune)
        reset({"classifier.finetune"});
    else
        reset({"classifier.epochs", "classifier.batch", "classifier.learning_rate", "classifier.weight_decay"});
    if (!linear && p.classifier.model.empty())
        parameters.assign("classifier.model", *parameters.find("embedder.model"));
}

class EcgJob final : public plan::Job
{
  public:
    std::string name() const override { return "ecg"; }
    config::Node defaults() const override { return default_parameters(); }

    void canonicalise(config::Node& parameters) const override
    {
        auto const p = read_parameters(parameters);
        // A value that changes keeps its place in the file, for messages.
        auto const replace = [&](std::string const& key, std::string const& text) {
            auto const* const old = parameters.find(key);
            parameters.assign(key, config::Node::scalar(text, old == nullptr ? config::Mark{} : old->mark()));
        };
        auto const is_artifact = p.noise.type == "artifact";
        auto const flips = p.noise.type == "uniform" || is_artifact;
        if (flips && p.noise.rate == 0 && !(is_artifact && p.noise.marker_clean_fraction > 0))
            replace("noise.type", "none");
        if (!flips || p.noise.rate == 0) replace("noise.rate", "0");
        if (!is_artifact) replace("noise.marker_clean_fraction", "0");
        if (!p.rating.enabled) replace("rating.fraction", "0");
        canonicalise_encoders(p, parameters);
    }

    void register_stages(plan::StageRegistry& registry) const override
    {
        registry.add(source_stage(sources_));
        for (auto const make : {subsample_stage,
                                labels_stage,
                                marked_text_stage,
                                evaluation_texts_stage,
                                lsa_stage,
                                lsa_transform_stage,
                                hf_embed_stage,
                                probe_states_stage,
                                truncation_stage,
                                pairs_stage,
                                finetune_stage,
                                finetune_fold_stage,
                                join_folds_stage,
                                finetune_retrain_stage,
                                faithfulness_texts_stage,
                                train_stage,
                                crossval_stage,
                                explain_stage,
                                embed_explanations_stage,
                                reliability_stage,
                                neighbours_stage,
                                graph_stage,
                                neighbourhood_stage,
                                artifact_stage,
                                stability_stage,
                                dynamics_stage,
                                combine_stage,
                                probability_baselines_stage,
                                aum_baseline_stage,
                                knn_baseline_stage,
                                nrg_baseline_stage,
                                wann_baseline_stage,
                                mismatch_baseline_stage,
                                random_baseline_stage,
                                marker_oracle_stage,
                                signal_method_stage,
                                detection_metrics_stage,
                                faithfulness_stage,
                                leakage_stage,
                                clean_stage,
                                retrain_stage,
                                test_metrics_stage})
        {
            registry.add(make());
        }
    }

    std::vector<plan::ItemSetSpec> item_sets() const override
    {
        return {{"detection", store::ColumnKind::score, detection_metrics(), true},
                {"test", store::ColumnKind::prediction, test_metrics(), false, true}};
    }

    plan::RunOutputs build(config::Node const& parameters, std::filesystem::path const& base,
                           plan::Graph& graph) override
    {
        auto const p = read_parameters(parameters);
        auto const& table = sources_->open(p.data, parameters, base);
        auto const* const test_table = p.data.source == "table" && !p.data.test_path.empty()
                                           ? &sources_->open_test(p.data, parameters, base, table)
                                           : nullptr;
        if (p.noise.type == "annotator" && table.ratings.empty()) {
            throw config::ConfigError("annotator noise needs several people's ratings per row, and the table has none",
                                      mark_at(parameters, "noise.type"), "noise.type",
                                      "Name their column with data.columns.ratings");
        }
        if (p.rating.enabled && table.classes() != 2) {
            throw config::ConfigError(
                "rating tokens exist for two classes only, and the table has " + std::to_string(table.classes()),
                mark_at(parameters, "rating.enabled"), "rating.enabled", "Set it to false");
        }
        std::optional<Checkpoint> embedder, classifier;
        if (p.embedder.kind == "hf") embedder = checkpoints_.embedder(p.embedder, parameters, base);
        if (p.classifier.kind != "linear")
            classifier = checkpoints_.classifier(p, !table.text2.empty(), parameters, base);
        return wire({p, sizes_of(p, parameters, table, test_table), table, test_table, embedder ? &*embedder : nullptr,
                     classifier ? &*classifier : nullptr, graph});
    }

    std::string seed_axis() const override { return "seed"; }
    std::string primary_metric(std::string const& item_set) const override
    {
        return item_set == "test" ? "accuracy" : "auroc";
    }

  private:
    // Shared with the source stage, which outlives a plan.
    std::shared_ptr<Sources> sources_ = std::make_shared<Sources>();
    Checkpoints checkpoints_;
};

}  // namespace

std::unique_ptr<plan::Job> make_ecg_job()
{
    return std::make_unique<EcgJob>();
}

}  // namespace ablatrix::ecg
