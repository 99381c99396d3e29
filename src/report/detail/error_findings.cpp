#include "error_findings.hpp"

#include <cmath>
#include <string>
#include <vector>

#include <ablatrix/base/text.hpp>

#include "cell.hpp"
#include "format.hpp"
#include "sections.hpp"

namespace ablatrix::report::detail {
namespace {

class ErrorFindings
{
  public:
    ErrorFindings(Document& document, SetErrors const& set) : document_(document), set_(set), grid_(set.grid()) {}

    void add()
    {
        document_.paragraph(meaning());
        if (set_.nothing_is_shared()) {
            document_.paragraph(difference_text(set_.analyses().front()));
            return;
        }
        for (std::size_t c = 0; c < grid_.conditions().size(); ++c)
            add_finding(c);
    }

  private:
    std::string meaning() const
    {
        return set_.is_prediction()
                   ? "An item is right when the predicted class is its clean label."
                   : "The k most suspicious items are flagged, k the number of noisy ones; an item is right "
                     "when it is noisy and flagged or clean and not flagged.";
    }

    std::string difference_text(ErrorAnalysis const& analysis) const
    {
        double const overlap = seed_overlap(grid_, analysis.condition, grid_.baseline(), set_.set());
        std::string text = "Items differ between seeds";
        if (!std::isnan(overlap) && overlap < 1)
            text += " (two seeds share " + fixed(100 * overlap, 0) + " % of them on average)";
        return text + ": no item has an answer from every seed, so there are no items that are wrong in most seeds.";
    }

    void add_finding(std::size_t condition)
    {
        std::vector<std::string> sentences;
        for (auto const& analysis : set_.analyses()) {
            if (analysis.condition == condition)
                sentences.push_back("with " + set_.name_of(analysis) + ", " + finding(analysis));
        }
        if (sentences.empty()) sentences.push_back("no finished run, nothing to say");
        document_.bullet(place_prefix(grid_, condition) + base::join(sentences, "; ") + ".");
    }

    std::string finding(ErrorAnalysis const& analysis) const
    {
        auto const& answers = analysis.answers;
        auto const& summary = analysis.summary;
        if (answers.items_differ) return "items differ between seeds";
        if (answers.correct.empty()) return "no finished run, nothing to say";
        auto const n_runs = answers.runs.size();
        std::string const all = plural(static_cast<std::size_t>(summary.n_items), "item");
        if (n_runs == 1) {
            return std::to_string(summary.always_wrong) + " of " + all + " are wrong in the only " +
                   (answers.are_seeds ? "seed" : "run") + ", which cannot tell hard items from chance" +
                   missing_text(answers);
        }
        std::string text = std::to_string(summary.always_wrong) + " of " + all + " are wrong in all " +
                           answers.noun(n_runs) + ", " + fixed(analysis.expected(), 1) +
                           " expected from independent errors";
        return text +
               (summary.pattern == stats::ErrorPattern::undefined
                    ? ", so there is no verdict"
                    : " (" + p_phrase(analysis.p()) + "): " + verdict_phrase(analysis)) +
               missing_text(answers);
    }

    static std::string verdict_phrase(ErrorAnalysis const& analysis)
    {
        if (analysis.could_be_chance()) return "cannot tell, chance alone could give as many";
        switch (analysis.summary.pattern) {
            case stats::ErrorPattern::systematic:
                return "systematic, the same items are hard for every seed";
            case stats::ErrorPattern::mixed:
                return "mixed, hard items beside errors that change with the seed";
            default:
                return "random, the errors change with the seed";
        }
    }

    static std::string missing_text(Answers const& answers)
    {
        if (answers.n_missing == 0) return {};
        return " (" + answers.noun(answers.n_missing) + " left out: failed, missing or no numbers)";
    }

    Document& document_;
    SetErrors const& set_;
    GridView const& grid_;
};

}  // namespace

void add_error_findings(Document& document, SetErrors const& set)
{
    ErrorFindings(document, set).add();
}

}  // namespace ablatrix::report::detail
