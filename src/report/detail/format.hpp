#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ablatrix/stats/estimate.hpp>

/// \file
/// How numbers look in tables and sentences.

namespace ablatrix::report::detail {

/// Three decimals, "-" for NaN.
std::string fixed(double value, int decimals = 3);
/// The same with a sign: "+0.012".
std::string signed_fixed(double value, int decimals = 3);
/// "0.812 [0.799, 0.825]", just the value where there is no interval.
std::string with_interval(stats::Estimate const& estimate);
std::string signed_with_interval(stats::Estimate const& estimate);
/// For narrow columns: ".812±.013" when the interval is symmetric, else ".812 [.799, .830]".
std::string compact(stats::Estimate const& estimate, bool is_signed);
/// "0.012", "< 0.001", "-".
std::string p_text(double p);
/// For narrow columns: ".012", "<.001", "1".
std::string short_p(double p);
/// "p = 0.012", "p < 0.001", "no p-value".
std::string p_phrase(double p, std::string const& name = "p");
/// Name of a metric as people know it: "AUROC", "P@5 %".
std::string metric_title(std::string const& name);
/// "1 seed", "3 seeds"
std::string plural(std::size_t count, std::string const& noun);
/// "a", "a and b", "a, b and c"
std::string enumeration(std::vector<std::string> const& names);
/// A cell of a CSV file, quoted where RFC 4180 asks for it.
std::string csv_cell(std::string const& text);

}  // namespace ablatrix::report::detail
