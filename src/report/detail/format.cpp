#include "format.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

namespace ablatrix::report::detail {
namespace {

std::string printed(char const* format, int decimals, double value)
{
    char text[64];
    std::snprintf(text, sizeof text, format, decimals, value);
    // "-0.000" says nothing that "0.000" does not.
    std::string out = text;
    if (out.find_first_of("123456789") == std::string::npos && out.starts_with("-")) out.erase(0, 1);
    return out;
}

/// "0.812" as ".812", the way tables of shares are set.
std::string without_zero(std::string text)
{
    std::size_t const at = text.find_first_not_of("+-");
    if (at != std::string::npos && text.compare(at, 2, "0.") == 0) text.erase(at, 1);
    return text;
}

std::string interval_text(double value, double low, double high, bool is_signed)
{
    std::string text = is_signed ? signed_fixed(value) : fixed(value);
    if (std::isnan(low) || std::isnan(high)) return text;
    return text + " [" + fixed(low) + ", " + fixed(high) + "]";
}

}  // namespace

std::string fixed(double value, int decimals)
{
    if (std::isnan(value)) return "-";
    return printed("%.*f", decimals, value);
}

std::string signed_fixed(double value, int decimals)
{
    if (std::isnan(value)) return "-";
    return printed("%+.*f", decimals, value);
}

std::string with_interval(stats::Estimate const& estimate)
{
    return interval_text(estimate.value, estimate.low, estimate.high, false);
}
std::string signed_with_interval(stats::Estimate const& estimate)
{
    return interval_text(estimate.value, estimate.low, estimate.high, true);
}

std::string compact(stats::Estimate const& estimate, bool is_signed)
{
    double const value = estimate.value;
    if (std::isnan(value)) return "-";
    int const decimals = std::abs(value) >= 100 ? 0 : std::abs(value) >= 10 ? 1 : 3;
    std::string const text = without_zero(is_signed ? signed_fixed(value, decimals) : fixed(value, decimals));
    double const below = value - estimate.low;
    double const above = estimate.high - value;
    if (std::isnan(below) || std::isnan(above)) return text;
    // A bootstrap interval may look symmetric by chance; one table keeps one form.
    bool const is_symmetric =
        !estimate.method.starts_with("boot") && std::abs(above - below) < 5e-4 * std::max(1.0, std::abs(value));
    if (is_symmetric) return text + "±" + without_zero(fixed(above, decimals));
    return text + " [" + without_zero(fixed(estimate.low, decimals)) + ", " +
           without_zero(fixed(estimate.high, decimals)) + "]";
}

std::string p_text(double p)
{
    if (std::isnan(p)) return "-";
    return p < 0.001 ? "< 0.001" : fixed(p);
}

std::string short_p(double p)
{
    if (std::isnan(p)) return "-";
    if (p < 0.001) return "<.001";
    return p > 0.9995 ? "1" : without_zero(fixed(p));
}

std::string p_phrase(double p, std::string const& name)
{
    if (std::isnan(p)) return "no p-value";
    return name + (p < 0.001 ? " < 0.001" : " = " + fixed(p));
}

std::string metric_title(std::string const& name)
{
    static std::map<std::string, std::string> const titles = {{"auroc", "AUROC"},
                                                              {"auprc", "AUPRC"},
                                                              {"ap", "AP"},
                                                              {"average_precision", "AP"},
                                                              {"tnr_at_95", "TNR@95"},
                                                              {"tnr_at_95_tpr", "TNR@95"},
                                                              {"tnr95", "TNR@95"},
                                                              {"p_at_npos", "P@n+"},
                                                              {"p_at_n", "P@n+"},
                                                              {"precision_at_npos", "P@n+"},
                                                              {"p_at_npositive", "P@n+"},
                                                              {"macro_f1", "macro F1"},
                                                              {"balanced_accuracy", "balanced accuracy"},
                                                              {"log_loss", "log loss"},
                                                              {"brier", "Brier score"},
                                                              {"ece", "ECE"},
                                                              {"ece_null", "ECE if calibrated"}};
    auto const found = titles.find(name);
    if (found != titles.end()) return found->second;
    for (auto const& [prefix, title] : {std::pair<std::string, std::string>{"p_at_", "P@"},
                                        {"precision_at_", "P@"},
                                        {"r_at_", "R@"},
                                        {"recall_at_", "R@"},
                                        {"f1_at_", "F1@"}})
    {
        if (name.starts_with(prefix)) return title + name.substr(prefix.size());
    }
    return name;
}

std::string plural(std::size_t count, std::string const& noun)
{
    return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string enumeration(std::vector<std::string> const& names)
{
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i)
        text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
    return text;
}

std::string csv_cell(std::string const& text)
{
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (char const c : text) {
        if (c == '"') quoted += '"';
        quoted += c;
    }
    return quoted + "\"";
}

}  // namespace ablatrix::report::detail
