#pragma once

#include <filesystem>

#include <ablatrix/report/summary.hpp>
#include <ablatrix/store/result_file.hpp>

namespace ablatrix::report {

struct HtmlOptions
{
    std::filesystem::path folder;
    bool is_forced = false;  ///< write into a folder that holds other files
    SummaryOptions summary;
};

/// Write folder/index.html, one page that needs no other file and no network, and its figures as
/// folder/figures/NAME.svg, .pdf and .csv, from the result file alone.
///
/// Everything is made in FOLDER.partial first. An earlier report in the folder is replaced; other files are left alone.
/// The same result gives the same bytes with one version of gnuplot, which draws the figures.
/// \throws Error when gnuplot is missing, when the folder holds anything but an earlier report, or cannot be written:
/// what was there stays
void write_html_report(store::ResultFile const& result, HtmlOptions const& options);

}  // namespace ablatrix::report
