#pragma once

#include <string>
#include <vector>

#include <ablatrix/report/report.hpp>

namespace ablatrix::app {

enum class Format
{
    table,
    markdown,
    csv,
    json,
    latex
};

/// \throws UsageError with a did-you-mean
Format parse_format(std::string const& name);
void print_report(report::Report report, Format format);
/// "a,b" "c" -> a b c
std::vector<std::string> split_commas(std::vector<std::string> const& words);

}  // namespace ablatrix::app
