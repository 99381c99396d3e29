#include "error_tables.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/stats/paired.hpp>

#include "format.hpp"

namespace ablatrix::report::detail {
namespace {

/// "0.412 to 0.467"; undefined pairs do not count.
std::string range_of(std::vector<stats::Agreement> const& pairs)
{
    double low = stats::undefined_value, high = stats::undefined_value;
    for (auto const& pair : pairs) {
        if (pair.status != stats::Status::ok) continue;
        low = std::isnan(low) ? pair.kappa : std::min(low, pair.kappa);
        high = std::isnan(high) ? pair.kappa : std::max(high, pair.kappa);
    }
    return std::isnan(low) ? "-" : fixed(low) + " to " + fixed(high);
}

class ErrorTables
{
  public:
    ErrorTables(Document& document, SetErrors const& set, std::size_t top)
        : document_(document), set_(set), grid_(set.grid()), top_(top)
    {}

    void add()
    {
        add_histogram();
        add_verdicts();
        add_kappas();
        for (auto const& analysis : set_.analyses())
            add_wrong_items(analysis);
    }

  private:
    template <typename Cells>
    void add_rows(std::string const& title, std::vector<std::string> const& columns, Cells const& cells)
    {
        Table table;
        table.title = set_.items().name + ": " + title;
        bool const has_conditions = grid_.conditions().size() > 1;
        if (has_conditions) table.columns.push_back({"condition", Align::left});
        table.columns.push_back({"method", Align::left});
        table.fixed_columns = table.columns.size();
        for (auto const& column : columns)
            table.columns.push_back({column, Align::right});
        for (auto const& analysis : set_.analyses()) {
            if (analysis.answers.correct.empty()) continue;
            std::vector<std::string> row;
            if (has_conditions) row.push_back(grid_.conditions()[analysis.condition].short_label);
            row.push_back(set_.name_of(analysis));
            for (auto& cell : cells(analysis))
                row.push_back(std::move(cell));
            table.rows.push_back(std::move(row));
        }
        if (!table.rows.empty()) document_.table(std::move(table));
    }

    void add_histogram()
    {
        std::size_t most = 0;
        bool are_seeds = true;
        for (auto const& analysis : set_.analyses()) {
            most = std::max(most, analysis.summary.right_in.size());
            are_seeds = are_seeds && analysis.answers.are_seeds;
        }
        std::vector<std::string> columns = {are_seeds ? "seeds" : "runs"};
        for (std::size_t r = 0; r < most; ++r)
            columns.push_back(std::to_string(r));
        std::string const noun = columns[0];
        columns.push_back("entropy\nbits");
        add_rows("items by the number of " + noun + " that get them right", columns,
                 [&](ErrorAnalysis const& analysis) {
                     std::vector<std::string> cells = {std::to_string(analysis.summary.n_seeds)};
                     for (std::size_t r = 0; r < most; ++r) {
                         bool const exists = r < analysis.summary.right_in.size();
                         cells.push_back(exists ? std::to_string(analysis.summary.right_in[r]) : "-");
                     }
                     cells.push_back(fixed(analysis.summary.mean_entropy));
                     return cells;
                 });
        document_.paragraph("Entropy: of right or wrong over the " + noun + ", mean over items.");
    }

    void add_verdicts()
    {
        bool is_uncertain = false;
        bool has_classes = true;
        std::size_t unknown = 0;
        bool are_seeds = true;
        add_rows("items that are always wrong, and whether that is chance",
                 {"errors\na seed", "mostly\nwrong", "always\nwrong", "expected", "ratio", "p", "verdict"},
                 [&](ErrorAnalysis const& analysis) {
                     auto const& summary = analysis.summary;
                     is_uncertain = is_uncertain || analysis.could_be_chance();
                     has_classes = has_classes && !analysis.answers.label.empty();
                     unknown = std::max(unknown, analysis.answers.n_unknown);
                     are_seeds = are_seeds && analysis.answers.are_seeds;
                     auto const [low, high] = std::minmax_element(summary.errors.begin(), summary.errors.end());
                     std::string errors = "-";
                     if (low != summary.errors.end())
                         errors =
                             *low == *high ? std::to_string(*low) : std::to_string(*low) + "-" + std::to_string(*high);
                     std::string verdict{stats::name_of(summary.pattern)};
                     if (summary.pattern == stats::ErrorPattern::undefined) verdict = "-";
                     return std::vector<std::string>{errors,
                                                     std::to_string(summary.mostly_wrong),
                                                     std::to_string(summary.always_wrong),
                                                     fixed(analysis.expected(), 1),
                                                     fixed(summary.ratio, 2),
                                                     p_text(analysis.p()),
                                                     verdict + (analysis.could_be_chance() ? "?" : "")};
                 });
        std::string const where = !has_classes           ? "items"
                                  : set_.is_prediction() ? "items of each class"
                                                         : "noisy and random clean items";
        std::string text =
            "Mostly wrong: right in fewer than half of the seeds, the always wrong among them. Expected, "
            "and p: if every seed made its errors on random " +
            where +
            ", independently (exact). Systematic: at least twice the expected number; random: at most "
            "1.2 times.";
        if (is_uncertain) text += " ? = p is not below 0.05: chance alone could give as many.";
        if (!are_seeds) text += " Runs of one seed share training items, so p is optimistic.";
        if (unknown > 0) text += " " + plural(unknown, "item") + " without a clean label left out.";
        document_.paragraph(text);
    }

    void add_kappas()
    {
        bool const has_pairs =
            std::any_of(set_.analyses().begin(), set_.analyses().end(),
                        [](ErrorAnalysis const& analysis) { return !analysis.answer.pairs.empty(); });
        if (!has_pairs) return;
        std::string const what = set_.is_prediction() ? "predictions" : "flags";
        add_rows("agreement of seeds beyond chance (kappa)",
                 {what + "\nFleiss", what + "\nCohen, pairs", "right or wrong\nFleiss", "right or wrong\nCohen, pairs"},
                 [](ErrorAnalysis const& analysis) {
                     return std::vector<std::string>{
                         with_interval(analysis.answer.fleiss_interval), range_of(analysis.answer.pairs),
                         with_interval(analysis.right.fleiss_interval), range_of(analysis.right.pairs)};
                 });
        document_.paragraph(
            "High kappa of right or wrong: seeds stumble over the same items. Low kappa at equal accuracy: seed "
            "noise. Intervals are over items, for these seeds.");
    }

    void add_wrong_items(ErrorAnalysis const& analysis)
    {
        std::size_t const shown = std::min(top_, analysis.wrong.size());
        if (shown == 0) return;
        auto const& answers = analysis.answers;
        Table table;
        table.title = set_.items().name +
                      (grid_.conditions().size() > 1 ? ", " + grid_.conditions()[analysis.condition].label : "") +
                      ", " + set_.name_of(analysis) + ": items wrong in most " + (answers.are_seeds ? "seeds" : "runs");
        if (shown < analysis.wrong.size())
            table.title += ", " + std::to_string(shown) + " of " + std::to_string(analysis.wrong.size());
        std::string const in_order =
            answers.are_seeds ? ", seeds " + base::join(answers.runs, " ") : ", runs in the order of the grid";
        table.columns = {{"item", Align::right},
                         {set_.is_prediction() ? "clean label" : "noisy", Align::right},
                         {"right", Align::right}};
        if (!answers.score.empty()) {
            table.columns.push_back({"mean score", Align::right});
            table.columns.push_back({"std", Align::right});
        }
        table.columns.push_back({(set_.is_prediction() ? "predicted" : "flagged") + in_order, Align::left});
        for (std::size_t i = 0; i < shown; ++i) {
            auto const& wrong = analysis.wrong[i];
            std::vector<std::string> row = {std::to_string(answers.item[wrong.item]), answers.truth[wrong.item],
                                            std::to_string(wrong.right) + " of " + std::to_string(answers.runs.size())};
            if (auto const scores = answers.scores_of(wrong.item); !scores.empty()) {
                row.push_back(fixed(stats::seed_mean(scores).value));
                row.push_back(fixed(stats::sample_sd(scores)));
            }
            row.push_back(text_of(answers.about(wrong.item)));
            table.rows.push_back(std::move(row));
        }
        document_.table(std::move(table));
    }

    Document& document_;
    SetErrors const& set_;
    GridView const& grid_;
    std::size_t top_;
};

}  // namespace

void add_error_tables(Document& document, SetErrors const& set, std::size_t top)
{
    ErrorTables(document, set, top).add();
}

}  // namespace ablatrix::report::detail
