#include "error_records.hpp"

#include <cmath>
#include <string>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/paired.hpp>

#include "record_parts.hpp"

namespace ablatrix::report::detail {
namespace {

class ErrorRecords
{
  public:
    ErrorRecords(std::vector<Record>& records, SetErrors const& set) : records_(records), set_(set), grid_(set.grid())
    {}

    void add(ErrorAnalysis const& analysis)
    {
        if (analysis.answers.correct.empty()) return;
        auto const& summary = analysis.summary;
        for (std::size_t s = 0; s < summary.errors.size(); ++s) {
            auto record = record_of(analysis, "errors", "errors", static_cast<double>(summary.errors[s]));
            record.params = {{"seed", analysis.answers.runs[s]}};
            record.seed_set = analysis.answers.runs[s];
            records_.push_back(std::move(record));
        }
        for (std::size_t r = 0; r < summary.right_in.size(); ++r) {
            auto record = record_of(analysis, "errors", "right_in", static_cast<double>(summary.right_in[r]));
            record.params = {{"right_seeds", std::to_string(r)}};
            records_.push_back(std::move(record));
        }
        records_.push_back(record_of(analysis, "errors", "mostly_wrong", static_cast<double>(summary.mostly_wrong)));
        auto always = record_of(analysis, "errors", "always_wrong", static_cast<double>(summary.always_wrong));
        always.test.statistic = summary.ratio;
        always.test.p = analysis.p();
        always.test.method = analysis.answers.label.empty() ? "hypergeometric" : "hypergeometric.within_classes";
        always.estimate.note = stats::name_of(summary.pattern);
        records_.push_back(std::move(always));
        records_.push_back(record_of(analysis, "errors", "always_wrong_expected", analysis.expected()));
        records_.push_back(record_of(analysis, "errors", "mean_entropy", summary.mean_entropy));
        add_kappa_records(analysis, set_.is_prediction() ? "predictions" : "flags", analysis.answer);
        add_kappa_records(analysis, "right", analysis.right);
        add_item_records(analysis);
    }

  private:
    Record record_of(ErrorAnalysis const& analysis, std::string const& kind, std::string const& metric,
                     double value) const
    {
        Record record = record_about(grid_, set_.set(), analysis.condition, grid_.baseline(), analysis.method);
        record.kind = kind;
        record.metric = metric;
        record.design = analysis.answers.runs.size() > 1 ? "crossed" : "one seed";
        record.estimate.value = value;
        record.estimate.status = std::isnan(value) ? stats::Status::undefined : stats::Status::ok;
        record.seed_set = base::join(analysis.answers.runs, ", ");
        record.n_seeds = static_cast<std::int64_t>(analysis.answers.runs.size());
        record.n_excluded = static_cast<std::int64_t>(analysis.answers.n_missing);
        record.n_items = analysis.summary.n_items;
        return record;
    }

    void add_kappa_records(ErrorAnalysis const& analysis, std::string const& what, Kappas const& kappas)
    {
        auto const& runs = analysis.answers.runs;
        if (runs.size() < 2) return;
        auto const add = [&](Record record, stats::Agreement const& agreement, std::string const& metric) {
            record.metric = metric + "." + what;
            if (&agreement == &kappas.fleiss) {
                record.estimate = kappas.fleiss_interval;
                record.scope = "items";
            }
            else {
                record.estimate.value = agreement.kappa;
                record.estimate.status = agreement.status;
                record.estimate.note = agreement.note;
            }
            records_.push_back(record);
            record.metric = metric + ".agreeing_share." + what;
            record.estimate = {};
            record.estimate.value = agreement.observed;
            record.estimate.status = std::isnan(agreement.observed) ? stats::Status::undefined : stats::Status::ok;
            records_.push_back(std::move(record));
        };
        auto const base = record_of(analysis, "agreement", "", stats::undefined_value);
        add(base, kappas.fleiss, "fleiss_kappa");
        std::size_t pair = 0;
        for (std::size_t a = 0; a < runs.size(); ++a) {
            for (std::size_t b = a + 1; b < runs.size(); ++b) {
                auto record = base;
                record.params = {{"seed", runs[a]}, {"other_seed", runs[b]}};
                record.seed_set = runs[a] + ", " + runs[b];
                add(std::move(record), kappas.pairs[pair++], "cohen_kappa");
            }
        }
    }

    void add_item_records(ErrorAnalysis const& analysis)
    {
        auto const& answers = analysis.answers;
        for (auto const& wrong : analysis.wrong) {
            auto record = record_of(analysis, "wrong_item", "right_seeds", static_cast<double>(wrong.right));
            std::string const item = std::to_string(answers.item[wrong.item]);
            record.params = {{"item", item}};
            record.details = {{"item", item},
                              {set_.is_prediction() ? "clean_label" : "is_noisy", answers.truth[wrong.item]},
                              {set_.is_prediction() ? "predictions" : "flags", text_of(answers.about(wrong.item))}};
            auto const scores = answers.scores_of(wrong.item);
            if (!scores.empty())
                record.details.emplace_back("mean_score", base::shortest(stats::seed_mean(scores).value));
            if (scores.size() > 1) record.details.emplace_back("score_sd", base::shortest(stats::sample_sd(scores)));
            records_.push_back(std::move(record));
        }
    }

    std::vector<Record>& records_;
    SetErrors const& set_;
    GridView const& grid_;
};

}  // namespace

void add_error_records(std::vector<Record>& records, SetErrors const& set)
{
    ErrorRecords made(records, set);
    for (auto const& analysis : set.analyses())
        made.add(analysis);
}

}  // namespace ablatrix::report::detail
