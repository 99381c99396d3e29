#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ablatrix/base/fingerprint.hpp>
#include <ablatrix/mpi/communicator.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report::sample {

/// Builds a result file: axes noise (condition), seed and arm; item sets "detection" (scores, metrics auroc and auprc)
/// and "test" (predictions, metric accuracy). Values are what a test gives, nothing is computed. A noise "uniform/1000"
/// stands for two condition axes, noise and size.
class SampleResult
{
  public:
    SampleResult(std::vector<std::string> noises, std::vector<std::string> seeds, std::vector<std::string> arms,
                 std::vector<std::string> detectors, std::vector<std::string> classifiers, std::int64_t n_items)
        : noises_(std::move(noises)), seeds_(std::move(seeds)), arms_(std::move(arms)), n_items_(n_items)
    {
        std::string name = (std::filesystem::temp_directory_path() / "ablatrix-report-XXXXXX").native();
        if (::mkdtemp(name.data()) == nullptr)
            throw std::filesystem::filesystem_error("mkdtemp", name, std::error_code());
        folder_ = name;

        layout_.n_runs = static_cast<std::int64_t>(noises_.size() * seeds_.size() * arms_.size());
        layout_.axes = {{"noise", {}}, {"seed", {}}, {"arm", {}}};
        if (noises_[0].find('/') != std::string::npos) layout_.axes.push_back({"size", {}});
        layout_.arm_axis = "arm";
        layout_.stages = {{base::fingerprint_of("stage"), "kind"}};
        for (auto const& noise : noises_) {
            for (auto const& seed : seeds_) {
                for (auto const& arm : arms_) {
                    auto const slash = noise.find('/');
                    layout_.axes[0].value_of_run.push_back(noise.substr(0, slash));
                    if (slash != std::string::npos) layout_.axes[3].value_of_run.push_back(noise.substr(slash + 1));
                    layout_.axes[1].value_of_run.push_back(seed);
                    layout_.axes[2].value_of_run.push_back(arm);
                }
            }
        }
        add_set("detection", store::ColumnKind::score, std::move(detectors), {"auroc", "auprc"}, true);
        add_set("test", store::ColumnKind::prediction, std::move(classifiers), {"accuracy"}, false);
        statuses_.assign(static_cast<std::size_t>(layout_.n_runs), store::RunStatus::done);
        for (auto const& set : layout_.item_sets) {
            metrics_.emplace_back(static_cast<std::size_t>(layout_.n_runs),
                                  std::vector<double>(set.methods.size() * set.metrics.size(), 0.5));
            columns_.emplace_back(set.columns.size(), std::vector<double>(static_cast<std::size_t>(n_items), 0.0));
            truths_.emplace_back(set.truths.size());
            for (std::size_t t = 0; t < set.truths.size(); ++t)
                fill_truth(truths_.back()[t], set.kind);
        }
    }
    ~SampleResult()
    {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    SampleResult(SampleResult const&) = delete;
    SampleResult& operator=(SampleResult const&) = delete;

    std::size_t run(std::size_t noise, std::size_t seed, std::size_t arm) const
    {
        return (noise * seeds_.size() + seed) * arms_.size() + arm;
    }

    void set_metric(std::size_t set, std::size_t run, std::size_t method, std::size_t metric, double value)
    {
        metrics_[set][run][method * layout_.item_sets[set].metrics.size() + metric] = value;
    }
    void rename_metric(std::size_t set, std::size_t metric, std::string name)
    {
        layout_.item_sets[set].metrics[metric] = std::move(name);
    }
    /// Scores or predicted classes of a method; arms share it when \p arm_matters was not said before.
    void set_column(std::size_t set, std::size_t run, std::size_t method, std::vector<double> values)
    {
        columns_[set][column_of(set, run, method)] = std::move(values);
    }
    /// Probabilities of a classifier's predicted classes; every other one gets 1. Without this the file has none.
    void set_confidence(std::size_t run, std::size_t method, std::vector<double> values)
    {
        auto& items = layout_.item_sets[1];
        items.has_confidence = true;
        confidences_.resize(items.columns.size(), std::vector<double>(static_cast<std::size_t>(n_items_), 1.0));
        confidences_[column_of(1, run, method)] = std::move(values);
    }
    store::Truth& truth(std::size_t set, std::size_t run)
    {
        return truths_[set][static_cast<std::size_t>(layout_.item_sets[set].truth_of_run[run])];
    }
    void fail(std::size_t run, std::string error)
    {
        statuses_[run] = store::RunStatus::failed;
        error_ = std::move(error);
    }
    void leave_pending(std::size_t run) { statuses_[run] = store::RunStatus::pending; }
    /// What the experiment file said; without this only its statistics.
    void set_experiment(std::string yaml) { experiment_ = std::move(yaml); }
    /// A number of every run, in the order of runs.
    void add_scalar(std::string name, std::vector<double> of_run)
    {
        layout_.scalars.push_back(std::move(name));
        scalars_.push_back(std::move(of_run));
    }
    /// The run has no such method.
    void leave_out(std::size_t set, std::size_t run, std::size_t method)
    {
        auto& items = layout_.item_sets[set];
        items.column_of[run * items.methods.size() + method] = -1;
    }
    /// Let all arms of a method read the column of the first arm.
    void share_over_arms(std::size_t set, std::size_t method)
    {
        auto& items = layout_.item_sets[set];
        for (std::size_t run = 0; run < statuses_.size(); ++run) {
            std::size_t const first = run / arms_.size() * arms_.size();
            items.column_of[run * items.methods.size() + method] =
                items.column_of[first * items.methods.size() + method];
        }
    }

    store::ResultFile write(std::string const& name = "result.h5")
    {
        store::Provenance provenance;
        provenance.experiment_yaml = experiment_;
        provenance.plan = base::fingerprint_of("plan");
        provenance.facts = {{"name", "sample"},
                            {"seed_axis", "seed"},
                            {"baseline_arm", arms_[0]},
                            {"primary_metric.detection", "auroc"}};
        auto const path = folder_ / name;
        mpi::Communicator const alone;
        store::ResultFile::create(path, layout_, provenance, alone);
        {
            auto file = store::ResultFile::open(path, alone);
            write_contents(file);
            file.close();
        }
        return store::ResultFile::open_readonly(path);
    }

  private:
    std::size_t column_of(std::size_t set, std::size_t run, std::size_t method) const
    {
        auto const& items = layout_.item_sets[set];
        return static_cast<std::size_t>(items.column_at(run, method));
    }

    /// One truth per noise and seed for detection, one for all for test; one column per run and method.
    void add_set(std::string const& name, store::ColumnKind kind, std::vector<std::string> methods,
                 std::vector<std::string> metrics, bool nested)
    {
        store::ItemSetLayout set;
        set.name = name;
        set.kind = kind;
        set.n_items = n_items_;
        set.methods = std::move(methods);
        set.metrics = std::move(metrics);
        for (std::size_t run = 0; run < static_cast<std::size_t>(layout_.n_runs); ++run) {
            auto const truth = static_cast<std::int32_t>(nested ? run / arms_.size() : 0);
            set.truth_of_run.push_back(truth);
            for (auto const& method : set.methods) {
                set.column_of.push_back(static_cast<std::int32_t>(set.columns.size()));
                set.columns.push_back(base::fingerprint_of(name + method + std::to_string(run)));
                set.truth_of_column.push_back(truth);
            }
        }
        std::size_t const n_truths = nested ? static_cast<std::size_t>(layout_.n_runs) / arms_.size() : 1;
        for (std::size_t t = 0; t < n_truths; ++t)
            set.truths.push_back(base::fingerprint_of(name + " truth " + std::to_string(t)));
        layout_.item_sets.push_back(std::move(set));
    }

    /// Test: every clean label is 1. Detection: item 0 is noisy.
    void fill_truth(store::Truth& truth, store::ColumnKind kind) const
    {
        for (std::int64_t i = 0; i < n_items_; ++i) {
            truth.item.push_back(i);
            truth.clean.push_back(1);
            truth.observed.push_back(1);
            truth.is_noisy.push_back(kind == store::ColumnKind::score && i == 0 ? 1 : 0);
        }
    }

    void write_contents(store::ResultFile& file) const
    {
        for (std::size_t s = 0; s < layout_.item_sets.size(); ++s) {
            auto const& set = layout_.item_sets[s];
            for (std::size_t t = 0; t < truths_[s].size(); ++t)
                file.write_truth(s, t, truths_[s][t]);
            for (std::size_t c = 0; c < columns_[s].size(); ++c) {
                store::Column column;
                if (set.kind == store::ColumnKind::score)
                    column.scores = columns_[s][c];
                else
                    column.predictions.assign(columns_[s][c].begin(), columns_[s][c].end());
                if (set.has_confidence) column.confidence = confidences_[c];
                column.metrics.assign(set.metrics.size(), 0.5);
                file.write_column(s, c, column);
            }
        }
        for (std::size_t run = 0; run < statuses_.size(); ++run) {
            if (statuses_[run] == store::RunStatus::pending) continue;
            store::RunRecord record;
            record.status = statuses_[run];
            record.attempts = 1;
            if (record.status == store::RunStatus::failed) record.error = error_;
            for (auto const& scalar : scalars_)
                record.scalars.push_back(scalar[run]);
            std::vector<std::vector<double>> metrics;
            for (auto const& of_set : metrics_)
                metrics.push_back(of_set[run]);
            file.write_run(run, record, metrics);
        }
    }

    std::vector<std::string> noises_, seeds_, arms_;
    std::int64_t n_items_;
    std::filesystem::path folder_;
    store::ResultLayout layout_;
    std::vector<store::RunStatus> statuses_;
    std::string error_;
    std::string experiment_ = "statistics: {level: 0.95, resamples: 1000, seed: 42}\n";
    std::vector<std::vector<double>> scalars_;               // [scalar][run]
    std::vector<std::vector<std::vector<double>>> metrics_;  // [set][run][method x metric]
    std::vector<std::vector<std::vector<double>>> columns_;  // [set][column][item]
    std::vector<std::vector<double>> confidences_;           // [column of test][item]
    std::vector<std::vector<store::Truth>> truths_;          // [set][truth]
};

}  // namespace ablatrix::report::sample
