#include "answers.hpp"

#include <algorithm>

#include <ablatrix/base/text.hpp>

namespace ablatrix::report::detail {
namespace {

/// Reads the answers of a cell.
class AnswerReader
{
  public:
    AnswerReader(GridView const& grid, std::size_t set, std::size_t condition, std::size_t method)
        : grid_(grid), set_(set), condition_(condition), method_(method)
    {}

    Answers read()
    {
        Answers answers;
        find_runs(answers);
        if (runs_.empty()) return answers;
        std::vector<ItemTable> tables;
        for (auto const run : runs_) {
            tables.push_back(grid_.items(set_, run));
            answers.items_differ =
                tables.back().item != tables[0].item || (is_prediction() && tables.back().clean != tables[0].clean);
            if (answers.items_differ) return answers;
        }
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            answers.correct.push_back(grid_.correctness(set_, runs_[r], method_));
            answers.answer.push_back(is_prediction() ? grid_.predictions(set_, runs_[r], method_)
                                                     : flags(answers.correct.back(), tables[r].is_noisy));
            if (!is_prediction()) answers.score.push_back(grid_.scores(set_, runs_[r], method_));
        }
        answers.item = tables[0].item;
        answers.n_unknown = static_cast<std::size_t>(grid_.sample_size(set_, runs_[0]).unknown);
        if (is_prediction())
            describe_classes(tables[0], answers);
        else
            describe_noise(tables, answers);
        return answers;
    }

  private:
    bool is_prediction() const { return items().kind == store::ColumnKind::prediction; }
    store::ItemSetLayout const& items() const { return grid_.layout().item_sets[set_]; }

    void find_runs(Answers& answers)
    {
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed)
            answers.are_seeds = answers.are_seeds && grid_.runs(condition_, grid_.baseline(), seed).size() < 2;
        for (std::size_t seed = 0; seed < grid_.seeds().size(); ++seed) {
            for (auto const run : grid_.runs(condition_, grid_.baseline(), seed)) {
                if (!grid_.is_done(run) || items().column_at(run, method_) < 0 ||
                    !grid_.has_numbers(set_, run, method_)) {
                    ++answers.n_missing;
                    continue;
                }
                runs_.push_back(run);
                answers.runs.push_back(answers.are_seeds ? grid_.seeds()[seed] : grid_.run_label(run));
            }
        }
    }

    static std::vector<std::int32_t> flags(std::vector<std::uint8_t> const& correct,
                                           std::vector<std::uint8_t> const& is_noisy)
    {
        std::vector<std::int32_t> flagged;
        for (std::size_t i = 0; i < correct.size(); ++i)
            flagged.push_back((correct[i] == 1) == (is_noisy[i] == 1) ? 1 : 0);
        return flagged;
    }

    static void describe_classes(ItemTable const& table, Answers& answers)
    {
        for (std::size_t i = 0; i < table.clean.size(); ++i) {
            answers.label.push_back(table.clean[i]);
            answers.truth.push_back(std::to_string(table.clean[i]));
        }
    }

    /// Seeds may flip different labels of the same items; then noisy or not is no class of an item.
    static void describe_noise(std::vector<ItemTable> const& tables, Answers& answers)
    {
        bool const is_shared = std::all_of(
            tables.begin(), tables.end(), [&](ItemTable const& table) { return table.is_noisy == tables[0].is_noisy; });
        for (std::size_t i = 0; i < answers.item.size(); ++i) {
            std::vector<std::int32_t> noisy;
            for (auto const& table : tables)
                noisy.push_back(table.is_noisy[i]);
            if (is_shared) answers.label.push_back(noisy[0]);
            answers.truth.push_back(is_shared ? std::to_string(noisy[0]) : text_of(noisy));
        }
    }

    GridView const& grid_;
    std::size_t set_, condition_, method_;
    std::vector<std::size_t> runs_;
};

}  // namespace

std::vector<std::int32_t> Answers::about(std::size_t item) const
{
    std::vector<std::int32_t> values;
    for (auto const& run : answer)
        values.push_back(run[item]);
    return values;
}

std::vector<double> Answers::scores_of(std::size_t item) const
{
    std::vector<double> values;
    for (auto const& run : score)
        values.push_back(run[item]);
    return values;
}

Answers read_answers(GridView const& grid, std::size_t set, std::size_t condition, std::size_t method)
{
    return AnswerReader(grid, set, condition, method).read();
}

std::string text_of(std::vector<std::int32_t> const& values)
{
    std::vector<std::string> words;
    for (auto const value : values)
        words.push_back(std::to_string(value));
    return base::join(words, " ");
}

}  // namespace ablatrix::report::detail
