#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>
#include <ablatrix/stats/share.hpp>
#include <ablatrix/store/result_file.hpp>

#include "commands.hpp"

namespace ablatrix::app {

enum class Format
{
    table,
    markdown,
    csv,
    json,
    latex
};

/// What --format takes.
inline constexpr char const* format_names = "table (default), md, csv, json or latex";
/// \throws UsageError with a did-you-mean
Format parse_format(std::string const& name);
std::string format_report(report::Report report, Format format);
/// Prints what \p make says of the file RESULT in the --format that \p arguments name; under mpirun, all ranks make it.
ExitCode print_result(
    Arguments const& arguments,
    std::function<report::Report(store::ResultFile const& result, stats::Share const& share)> const& make);
/// "a,b" "c" -> a b c
std::vector<std::string> split_commas(std::vector<std::string> const& words);

}  // namespace ablatrix::app
